/** @param {number} ms */
const seconds = (ms) => `${(ms / 1_000).toFixed(1)} s`;

/** A run in figures, one line a subject, and what went wrong. @param {import('./record.d.ts').RunResult} result */
export function describeRun(result) {
  const { options, failures, folder, outages } = result;
  const { store, mode, seed, cuts } = options;
  const moments = Object.entries(result.moments).map(([moment, count]) => `${moment} ${count}`);
  const verdict = failures.length === 0 ? 'held' : 'FAILED';
  const lines = [
    `${store}, ${mode}, seed ${seed}: ${verdict} in ${seconds(result.durationMs)}`,
    `messages ${result.messages}, proactive ${result.proactive}, delivered again ${result.duplicates}, refused or not answered ${result.refusals} (at worst after ${seconds(result.worstRefusalMs.accept)}, of what nobody asked for after ${seconds(result.worstRefusalMs.send)})`,
    `kills ${result.kills} (${moments.join(', ')})${store === 'redis' ? `, of Redis ${outages}, of connections to it ${cuts}` : ''}`,
    `reruns ${result.reruns}, repeated ${result.repeated}, missing ${result.missing}, responses whose request got no answer ${result.broken}`,
    `worst recovery ${seconds(result.worstUndisturbedMs)}; where more was killed meanwhile ${seconds(result.worstRecoveryMs)} (${result.worstRecovery})`,
    ...failures.slice(0, 20).map((failure) => `! ${failure}`),
  ];
  if (failures.length > 20) lines.push(`! … and ${failures.length - 20} more`);
  if (folder !== null) lines.push(`logs and record: ${folder}`);
  return lines;
}
