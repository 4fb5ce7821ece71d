/** What must not stand in a unit file, which anybody may read. */
const SECRET_OPTIONS: Readonly<Record<string, string>> = {
  '--source': 'DRIFTLAB_SOURCE_URL',
  '--target': 'DRIFTLAB_TARGET_URL',
  '--source-password': 'DRIFTLAB_SOURCE_PASSWORD',
  '--target-password': 'DRIFTLAB_TARGET_PASSWORD',
};

export interface UnitInput {
  /** Program and its first arguments, absolute. */
  readonly program: readonly string[];
  /** The arguments of `driftlab reconcile` as given. */
  readonly args: readonly string[];
  readonly cwd: string;
  readonly user: string;
}

/** A systemd unit that runs the same command. Passwords go to an environment file, which it names and does not write. */
export function systemdUnit({ program, args, cwd, user }: UnitInput): string {
  const { kept, secrets } = withoutSecrets(args.filter((arg) => arg !== '--print-systemd'));
  const command = [...program, 'reconcile', ...kept].map(quoted).join(' ');
  const asksVault = args.some((arg) => arg === '--use-vault' || arg.includes('${vault:'));
  const wanted = [...secrets, ...(asksVault ? ['VAULT_ADDR', 'VAULT_ROLE_ID', 'VAULT_SECRET_ID'] : [])];
  const note = [
    '# Save as /etc/systemd/system/driftlab-reconcile.service, then: systemctl daemon-reload',
    '# and: systemctl enable --now driftlab-reconcile',
    ...(wanted.length === 0
      ? []
      : [`# Put ${wanted.map((name) => `${name}=…`).join(' and ')} into /etc/driftlab/reconcile.env (mode 0600).`]),
  ];
  return [
    ...note,
    '[Unit]',
    'Description=Driftlab reconciliation of two databases',
    'After=network-online.target',
    'Wants=network-online.target',
    '',
    '[Service]',
    'Type=exec',
    `User=${user}`,
    `WorkingDirectory=${cwd.replaceAll('%', '%%')}`,
    'EnvironmentFile=-/etc/driftlab/reconcile.env',
    `ExecStart=${command}`,
    // Being stopped is no failure.
    'SuccessExitStatus=130',
    'Restart=on-failure',
    'RestartSec=30',
    '',
    '[Install]',
    'WantedBy=multi-user.target',
    '',
  ].join('\n');
}

function withoutSecrets(args: readonly string[]): { kept: string[]; secrets: string[] } {
  const kept: string[] = [];
  const secrets: string[] = [];
  for (let n = 0; n < args.length; n++) {
    const [option = '', inline] = (args[n] ?? '').split(/=(.*)/s);
    const variable = Object.hasOwn(SECRET_OPTIONS, option) ? SECRET_OPTIONS[option] : undefined;
    const given = inline ?? args[n + 1] ?? '';
    if (variable === undefined || (/URL$/.test(variable) && !hasPassword(given))) {
      kept.push(args[n] ?? '');
      continue;
    }
    secrets.push(variable);
    if (inline === undefined) n++;
  }
  return { kept, secrets };
}

/** A name in Vault is no password, and neither is a reference. */
function hasPassword(url: string): boolean {
  if (/^[\w./-]+$/.test(url)) return false;
  const form = url.replaceAll(/\$\{[^{}]*\}/g, 'reference');
  return !URL.canParse(form) ? form !== 'reference' : !['', 'reference'].includes(new URL(form).password);
}

/** As systemd reads a command line: `%` and `$` have a meaning of their own, quotes and backslashes are escaped. */
function quoted(word: string): string {
  const escaped = word.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%').replaceAll('$', '$$$$');
  return /^[\w@%+=:,./-]+$/.test(escaped) ? escaped : `"${escaped}"`;
}
