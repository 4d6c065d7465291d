// The sidebar for developers: the frames as they pass. Everything is text here, never markup.

/** How many are shown. */
const MAX_FRAMES = 500;

/** What has passed and is not in the list yet. */
const waiting = [];

const chat = document.querySelector('trunkline-chat');
const [toggle, close, clear, aside, list] = ['toggle', 'close', 'clear', 'frames', 'list'].map(
  (id) => document.getElementById(id),
);

// Beside the chat where there is room for both.
show(matchMedia('(min-width: 1100px)').matches);
toggle.addEventListener('click', () => {
  show(aside.hidden);
  if (!aside.hidden) close.focus();
});
close.addEventListener('click', hide);
clear.addEventListener('click', empty);
aside.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') hide();
});
chat.addEventListener('frame', ({ detail }) => add(detail));
chat.addEventListener('forgotten', empty);

function empty() {
  waiting.length = 0;
  list.replaceChildren();
}

function show(isShown) {
  aside.hidden = !isShown;
  toggle.setAttribute('aria-expanded', String(isShown));
}

function hide() {
  show(false);
  toggle.focus();
}

function add({ direction, frame, at }) {
  // Names last: there is room for a few words.
  const { type = 'message', id, seq, recipient_id, ...content } = concealed(frame);
  const details = node('details', '');
  const summary = node('summary', '');
  summary.append(
    node('span', new Date(at).toISOString().slice(11, 23), 'time'),
    node('span', `${direction === 'out' ? '→' : '←'} ${type}`, direction),
    node('span', JSON.stringify({ ...content, id, seq, recipient_id }), 'brief'),
  );
  details.append(summary);
  // Most are never opened.
  details.addEventListener(
    'toggle',
    () => details.append(node('pre', JSON.stringify(concealed(frame), null, 2))),
    { once: true },
  );
  const item = node('li', '');
  item.append(details);
  waiting.push(item);
  if (waiting.length === 1) requestAnimationFrame(draw);
  // A page that nobody sees draws nothing.
  if (waiting.length > MAX_FRAMES) waiting.shift();
}

/** Once a frame of the screen: to ask where the list stands lays the whole page out. */
function draw() {
  const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  list.append(...waiting.splice(0));
  while (list.childElementCount > MAX_FRAMES) list.firstElementChild.remove();
  if (isAtEnd) list.scrollTop = list.scrollHeight;
}

/** A token opens the conversation to whoever reads it on a screen. */
function concealed(frame) {
  return typeof frame.token === 'string' ? { ...frame, token: '…' } : frame;
}

function node(tag, text, className = '') {
  const element = document.createElement(tag);
  element.textContent = text;
  element.className = className;
  return element;
}
