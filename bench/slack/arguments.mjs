// What a target is started with: where Slack is played, how many answers a turn has, which store.
const [port = '', answers = '2', store = 'memory', teams = '1'] = process.argv.slice(2);

export const API_URL = `http://127.0.0.1:${port}/api/`;
export const ANSWERS = Number(answers);
export const STORE = store;
export const TEAMS = Number(teams);

/** What is answered to a text. @param {string} text @param {number} index */
export const answerOf = (text, index) => `Answer ${index + 1}: you said ${text}`;
