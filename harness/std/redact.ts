const SECRET_NAME =
  /password|passwd|secret|token|credential|jaas|auth\.user\.info|(^|[._])pwd$|ssl\.keystore\.(key|certificate)/i;
/** What is shown in place of a secret. */
export const HIDDEN = '(hidden)';

/** A setting's value as it may be shown: hidden where its name says that it is secret, and without what is secret in it. */
export function redacted(name: string, value: string): string {
  return SECRET_NAME.test(name) ? HIDDEN : withoutSecrets(value);
}

/** Whether a setting is secret, or has something secret in it. */
export function isSecret(name: string, value: string): boolean {
  return redacted(name, value) !== value;
}

/** Addresses carry passwords as parameters and before the host, each driver in a spelling of its own. */
function withoutSecrets(value: string): string {
  return (
    value
      .replaceAll(
        /(\b\w*(?:password|passwd|pwd|secret|token)\w*\s*=\s*)("[^"]*"|'[^']*'|\{[^}]*\}|[^&;\s]+)/gi,
        `$1${HIDDEN}`,
      )
      .replaceAll(/(\/\/[^/:@\s?]*:)[^/\s?]+(?=@)/g, `$1${HIDDEN}`)
      // Oracle's jdbc:oracle:thin:user/password@host.
      .replaceAll(/(:thin:[^/@\s]*\/)[^@\s]+(?=@)/gi, `$1${HIDDEN}`)
  );
}
