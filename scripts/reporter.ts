import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Reporter, SerializedError, TestModule, Vitest } from 'vitest/node';

/** What `npm test` closes with. */
export interface Summary {
  passed: number;
  failed: number;
  skipped: { name: string; reason: string }[];
}

/** Counts a run and writes the {@link Summary} where `TRUNKLINE_TEST_SUMMARY` says. */
export default class SummaryReporter implements Reporter {
  #root = '';

  onInit(vitest: Vitest): void {
    this.#root = vitest.config.root;
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    // An error outside any test fails the run, so it must not end in "0 failed".
    const summary: Summary = { passed: 0, failed: errors.length, skipped: [] };
    for (const module of modules) {
      const file = relative(this.#root, module.moduleId);
      // A file that could not be loaded has no tests to fail; neither has a hook around all of them.
      summary.failed += module.errors().length;
      for (const suite of module.children.allSuites()) summary.failed += suite.errors().length;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === 'passed') summary.passed += 1;
        else if (result.state === 'failed') summary.failed += 1;
        else {
          const note = result.state === 'skipped' ? result.note : undefined;
          const reason = note ?? (test.options.mode === 'todo' ? 'to do' : 'skipped by its author');
          summary.skipped.push({ name: `${file} > ${test.fullName}`, reason });
        }
      }
    }
    const file = process.env['TRUNKLINE_TEST_SUMMARY'];
    if (file !== undefined) writeFileSync(file, JSON.stringify(summary));
  }
}
