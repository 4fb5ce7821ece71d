import type { Decision, PassedFork } from '#contracts/decision.ts';

/** What a fork read: its answer, and what shows it. */
interface Read {
  readonly yes: boolean;
  readonly evidence: string;
}

/** A question with two ways on. */
export interface Fork<Facts> {
  readonly asks: string;
  /** The command that shows a person the same. */
  readonly at: string;
  look(facts: Facts): Read;
  readonly yes: Branch<Facts>;
  readonly no: Branch<Facts>;
}

/** Where a path ends: the cause, and what to do. */
export interface Leaf<Facts> {
  readonly outcome: string;
  readonly sound?: true;
  /** A sentence that ends with a full stop. */
  cause(facts: Facts): string;
  /** The recovery, where one helps. Names are those of `driftlab recover`. */
  readonly recovery?: string;
  readonly why: string;
  /** Commands to run where no recovery is named; after it where one is. */
  readonly next?: readonly string[];
}

export type Branch<Facts> = Fork<Facts> | Leaf<Facts>;

export interface Tree<Facts> {
  readonly id: string;
  readonly title: string;
  readonly root: Branch<Facts>;
}

function isFork<Facts>(branch: Branch<Facts>): branch is Fork<Facts> {
  return 'asks' in branch;
}

/** All ends of a tree, each once. */
export function leavesOf<Facts>({ root }: Tree<Facts>): readonly Leaf<Facts>[] {
  const found = new Set<Leaf<Facts>>();
  const visit = (branch: Branch<Facts>): void => {
    if (!isFork(branch)) return void found.add(branch);
    visit(branch.yes);
    visit(branch.no);
  };
  visit(root);
  return [...found];
}

interface Walking {
  readonly about: Decision['about'];
  readonly subject: string;
  /** How a recovery of this subject is typed. */
  readonly command: (recovery: string) => string;
}

/** Walks a tree from its root to an end. Pure: facts in, the path out. */
export function walk<Facts>(tree: Tree<Facts>, facts: Facts, { about, subject, command }: Walking): Decision {
  const path: PassedFork[] = [];
  let branch = tree.root;
  while (isFork(branch)) {
    const { yes, evidence } = branch.look(facts);
    path.push({ asks: branch.asks, answer: yes ? 'yes' : 'no', evidence, at: branch.at });
    branch = yes ? branch.yes : branch.no;
  }
  const { outcome, sound = false, recovery, why, next = [] } = branch;
  return {
    ...{ about, subject, tree: tree.id, path, outcome, sound, cause: branch.cause(facts) },
    recommended: {
      recovery: recovery ?? null,
      run: [...(recovery === undefined ? [] : [command(recovery)]), ...next],
      why,
    },
  };
}
