import type { IncomingMessage } from 'node:http';
import { pathOf, queryOf } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { mountPath } from '../../src/http/path.ts';

// As much of a request as is looked at.
const request = (url?: string): IncomingMessage => ({ url }) as IncomingMessage;

describe('pathOf and queryOf', () => {
  it('part a URL at its first question mark', () => {
    expect(pathOf(request('/a/b?c=1?d'))).toBe('/a/b');
    expect(queryOf(request('/a/b?c=1?d')).get('c')).toBe('1?d');
    expect(pathOf(request('/a%2Fb'))).toBe('/a%2Fb');
    expect(pathOf(request())).toBe('/');
    expect([...queryOf(request('/a'))]).toEqual([]);
    expect([...queryOf(request('/a?'))]).toEqual([]);
  });
});

describe('mountPath', () => {
  it.each([
    ['/webhooks/', 'rest', '/webhooks/rest'],
    ['/webhooks', 'rest', '/rest'],
    ['/a/b/', 'rest', '/a/b/rest'],
    ['/should_be_ignored', '/absolute_route', '/absolute_route'],
    ['/webhooks/', '/abs/', '/abs'],
    ['webhooks/', 'rest', '/webhooks/rest'],
    ['/', 'rest', '/rest'],
    [null, 'rest', ''],
    [null, '/absolute_route', ''],
    ['', 'rest', ''],
  ])('joins %j and %j as Rasa does', (route, urlPrefix, expected) => {
    expect(mountPath(route, urlPrefix)).toBe(expected);
  });
});
