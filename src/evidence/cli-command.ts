/**
 * A command of the AWS CLI, version 2, to be pasted: an option a line, which fits a phone. Single quotes keep what is in them as it is: a managed
 * secret's ARN holds an exclamation mark, and a database may be called anything. An option `true` has no value.
 */
export function cliCommand(verb: string, options: Readonly<Record<string, string | true>>): string {
  const lines = Object.entries(options).map(([name, value]) =>
    value === true ? `--${name}` : `--${name} ${quoted(value)}`,
  );
  return [`aws ${verb}`, ...lines].join(CONTINUED);
}

export const CONTINUED = " \\\n  ";

const quoted = (value: string): string => `'${value.replaceAll("'", "'\\''")}'`;
