// The floor under a whole turn over memory.
import { ready } from '../../harness/target.mjs';
import { BareLine } from '../bare-line.mjs';

const line = new BareLine();
const saturated = (/** @type {{ durationMs: number }} */ { durationMs }) =>
  line.saturated(durationMs);

ready(null, { saturated, profiled: saturated });
