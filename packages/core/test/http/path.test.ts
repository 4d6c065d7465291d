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

  // What is sent to a proxy, and passed on by some as it is.
  it.each([
    ['http://bots.example/a/b?c=1', '/a/b'],
    ['HTTPS://bots.example:8080/a%2Fb', '/a%2Fb'],
    ['http://bots.example', '/'],
    ['http://bots.example?c=1', '/'],
    ['//bots.example/a', '//bots.example/a'],
    ['/a?b=http://bots.example/c', '/a'],
    ['*', '*'],
  ])('take the form with scheme and host: %s', (url, path) => {
    expect(pathOf(request(url))).toBe(path);
    expect(queryOf(request('http://bots.example/a/b?c=1')).get('c')).toBe('1');
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
