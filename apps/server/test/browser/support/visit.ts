import { afterAll, beforeEach } from 'vitest';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { needs } from '../../../../../scripts/test-support/needs.ts';
import { aBrowser, aBuild, closeBrowser, input, openPage } from './browser.ts';
import { startSite, type Site, type SiteOptions } from './site.ts';

/** The site of the test that runs. */
export let site: Site;

/** What went wrong in its pages. */
export let problems: string[];

let visitors: Page[];

/**
 * Gives every test a site of its own, and closes what was opened. Says so where there is no browser or
 * no build.
 */
export function siteForEach(optionsOf: () => SiteOptions = () => ({})): void {
  beforeEach(needs(aBrowser));
  beforeEach(needs(aBuild));
  beforeEach(async () => {
    site = await startSite(optionsOf());
    problems = [];
    visitors = [];
    return async () => {
      for (const page of visitors) await page.context().close();
      await site.close();
    };
  });
  afterAll(closeBrowser);
}

/**
 * Opens the site's page in a profile of its own, ready to be written into.
 *
 * @param prepare - called before the page is asked for
 */
export async function visit(
  options: BrowserContextOptions,
  prepare: (page: Page) => void = () => {},
): Promise<Page> {
  const page = await openPage(options, problems);
  visitors.push(page);
  prepare(page);
  return await show(page);
}

/** Opens it once more in the same profile. */
export async function anotherTab(page: Page): Promise<Page> {
  return await show(await page.context().newPage());
}

async function show(page: Page): Promise<Page> {
  await page.goto(site.url);
  await input(page).waitFor();
  return page;
}
