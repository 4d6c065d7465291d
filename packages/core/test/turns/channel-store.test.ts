import { MemoryStore } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { channelStore } from '../../src/turns/channel-store.ts';

const options = { maxItems: 9, ttlMs: 1_000 };

describe("a channel's part of the store", () => {
  it('meets no other channel, and not the turns', async () => {
    const store = new MemoryStore();
    // Names that would be one if they were just put together.
    const parts = ['a', 'a:b', '', '1:a', 'state'].map((name) => channelStore(store, name));
    const namespaces = ['b:c', 'c', 'a:b:c', 'state'];
    for (const [index, { values, lists }] of parts.entries()) {
      for (const namespace of namespaces) {
        await values.set(namespace, 'k', `${index} ${namespace}`);
        await lists.append(namespace, 'k', [`${index} ${namespace}`], options);
      }
    }
    await store.values.set('state', 'k', 'ours');
    for (const [index, { values, lists }] of parts.entries()) {
      for (const namespace of namespaces) {
        expect((await values.get(namespace, 'k'))?.value).toBe(`${index} ${namespace}`);
        expect(await lists.last(namespace, 'k', 9)).toEqual([`${index} ${namespace}`]);
        const keys: string[] = [];
        for await (const { key } of values.entries(namespace)) keys.push(key);
        expect(keys).toEqual(['k']);
      }
    }
  });

  it('does what the store does', async () => {
    const { values } = channelStore(new MemoryStore(), 'sms');
    const version = await values.compareAndSet('n', 'k', null, 1);
    expect(await values.compareAndSet('n', 'k', null, 2)).toBeNull();
    expect(await values.compareAndSet('n', 'k', version, 2, { ttlMs: 60_000 })).not.toBeNull();
    expect(await values.delete('n', 'k')).toBe(true);
    expect(await values.get('n', 'k')).toBeNull();
  });

  it('has topics of its own', () => {
    const store = new MemoryStore();
    const heard: unknown[] = [];
    channelStore(store, 'a').signals.listen('t', (news) => void heard.push(news));
    store.signals.listen('t', () => void heard.push('ours'));
    channelStore(store, 'b').signals.send('t', 1);
    channelStore(store, 'a').signals.send('t', 2);
    expect(heard).toEqual([2]);
  });
});
