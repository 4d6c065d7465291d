import type { Reply } from '@trunkline/core';

/** What the form asks, one after the other. */
const QUESTIONS = [
  { name: 'size', text: 'What size?', answers: ['Small', 'Medium', 'Large'] },
  { name: 'base', text: 'On which base?', answers: ['Thin', 'Thick'] },
  { name: 'sure', text: 'Shall I order it?', answers: ['Yes', 'No'] },
] as const;

/** What calls an order off. Only the first is told: "cancel" is an opt-out on a phone, and Twilio takes it. */
const CALLS_OFF: readonly string[] = ['never mind', 'cancel'];
const CHOOSE = `choose one of these, or say "${CALLS_OFF[0]}".`;

/** The answers so far, as they stand in the conversation's state. */
type Answers = Record<string, string>;

/** Whether the conversation is in the middle of an order. */
export function isOrdering(reply: Reply): boolean {
  return 'order' in reply.state;
}

/** Whether a button with this payload answers a question of an order, whichever. */
export function isAnyAnswer(said: string): boolean {
  return QUESTIONS.some(({ answers }) => answers.some((title) => said === payload(title)));
}

/** Begins an order with the first question. */
export async function beginOrder(reply: Reply): Promise<void> {
  reply.state['order'] = {};
  await ask(QUESTIONS[0], reply);
}

/** Takes an answer, pressed or typed, and asks the next question or comes to an end. */
export async function continueOrder(said: string, reply: Reply): Promise<void> {
  const answers = answersIn(reply);
  const question = openQuestion(answers);
  const answer = question.answers.find(
    (title) => said === title.toLowerCase() || said === payload(title),
  );
  if (CALLS_OFF.includes(said)) {
    await end('Cancelled.', reply);
  } else if (answer === undefined) {
    await askAgain(`Please ${CHOOSE}`, reply);
  } else {
    answers[question.name] = answer;
    const next = QUESTIONS[QUESTIONS.indexOf(question) + 1];
    if (next !== undefined) await ask(next, reply);
    else if (answer === 'Yes')
      await end(`Ordered: ${answers['size']}, ${answers['base']} base.`, reply);
    else await end('Then not.', reply);
  }
}

/**
 * Goes on with an order after something else was said: asks the open question again, which a phone can
 * answer by its number only while it is the last thing that was said.
 */
export async function resumeOrder(reply: Reply): Promise<void> {
  await askAgain(`Your order goes on: ${CHOOSE}`, reply);
}

/** Written by this module alone. */
function answersIn(reply: Reply): Answers {
  return reply.state['order'] as Answers;
}

function openQuestion(answers: Answers): (typeof QUESTIONS)[number] {
  return QUESTIONS.find(({ name }) => !Object.hasOwn(answers, name)) ?? QUESTIONS[0];
}

async function askAgain(text: string, reply: Reply): Promise<void> {
  await reply.text(text);
  await ask(openQuestion(answersIn(reply)), reply);
}

async function ask(question: (typeof QUESTIONS)[number], reply: Reply): Promise<void> {
  const buttons = question.answers.map((title) => ({ title, payload: payload(title) }));
  await reply.buttons(question.text, buttons);
}

async function end(text: string, reply: Reply): Promise<void> {
  delete reply.state['order'];
  await reply.text(text);
}

function payload(title: string): string {
  return `/${title.toLowerCase()}`;
}
