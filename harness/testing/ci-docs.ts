import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT } from '#setup/layout.mjs';

interface GithubWorkflow {
  readonly jobs: Readonly<
    Record<string, { readonly steps: readonly { readonly uses?: string; readonly run?: string }[] }>
  >;
}

type GitlabJob = Readonly<Record<'before_script' | 'script' | 'after_script', readonly string[]>>;

export function githubSteps(text: string): GithubWorkflow['jobs'][string]['steps'] {
  return Object.values((parse(text) as GithubWorkflow).jobs).flatMap(({ steps }) => steps);
}

/** The files that docs/ci.md shows, and what each runs in a shell. */
export function ciExamples(): { readonly github: string; readonly runs: Readonly<Record<string, readonly string[]>> } {
  const page = readFileSync(join(ROOT, 'docs', 'ci.md'), 'utf8');
  const [github = '', gitlab = ''] = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map((match) => match[1] ?? '');
  const jobs = Object.values(parse(gitlab) as Readonly<Record<string, GitlabJob>>);
  return {
    github,
    runs: {
      github: githubSteps(github).flatMap(({ run }) => run ?? []),
      gitlab: jobs.flatMap((job) => [...job.before_script, ...job.script, ...job.after_script]),
    },
  };
}
