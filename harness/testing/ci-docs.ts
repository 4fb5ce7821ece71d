import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT } from '#setup/layout.mjs';

type Environment = Readonly<Record<string, string>>;

interface GithubJob {
  readonly env?: Environment;
  readonly services?: Readonly<
    Record<string, { readonly image: string; readonly env: Environment; readonly options: string }>
  >;
  readonly steps: readonly { readonly uses?: string; readonly run?: string }[];
}

type GitlabJob = Readonly<Record<'before_script' | 'script' | 'after_script', readonly string[]>>;

export function githubJobs(text: string): readonly GithubJob[] {
  return Object.values((parse(text) as { readonly jobs: Readonly<Record<string, GithubJob>> }).jobs);
}

export function githubSteps(text: string): GithubJob['steps'] {
  return githubJobs(text).flatMap(({ steps }) => steps);
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
