// What a target asks redis-server about itself.
import { Redis } from 'ioredis';

/** Asks for the CPU time of redis-server so far, all threads, in microseconds. @param {number} port */
export function redisCpuUs(port) {
  const client = new Redis({ port, host: '127.0.0.1' });
  return async () => {
    const info = await client.info('cpu');
    const seconds = (/** @type {string} */ name) =>
      Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1]);
    return (seconds('used_cpu_sys') + seconds('used_cpu_user')) * 1e6;
  };
}
