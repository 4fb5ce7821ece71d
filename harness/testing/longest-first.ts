import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Files that take minutes each. What is started last decides when a run of two files side by side ends, and Vitest, which on a
 * clean checkout knows no times, goes by the size of the file.
 */
const LONG = [
  'scenarios/01-canonical-reference/pairings.',
  'scenarios/',
  'harness/testing/clusters.',
  'harness/testing/trial.',
  'harness/subject/own-pipelines.',
  'harness/lab/',
  'harness/appliers/builtin/applier.',
  'harness/cli/',
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rank = ({ moduleId }: TestSpecification): number => {
      const found = LONG.findIndex((part) => moduleId.includes(`/${part}`));
      return found < 0 ? LONG.length : found;
    };
    return sorted.sort((a, b) => rank(a) - rank(b));
  }
}
