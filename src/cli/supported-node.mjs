// Plain JavaScript, so that a Node that can not read TypeScript can say so instead of failing on a file extension.

/** Imports the command, or says which Node it needs. Resolves to nothing. */
export async function onSupportedNode(importCommand, command) {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 22 || (major === 22 && minor >= 18)) return importCommand();
  process.stderr.write(
    `This needs Node 22.18 or newer and runs on ${process.versions.node}. The project brings Node 24 as a dependency: run \`npm ci\`, without --ignore-scripts, and start it with \`${command}\`.\n`,
  );
  process.exitCode = 2;
}
