import { execFile } from "node:child_process";
import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { BUNDLING, bundleFunctions } from "../../packaging/bundle.ts";
import { median } from "./intervals.ts";

const run = promisify(execFile);

/** What every drill function is held against: the smallest program that can call RDS, bundled as the SDK comes. */
const BARE_CLIENT = `import { DescribeDBClustersCommand, RDSClient } from "@aws-sdk/client-rds";
const rds = new RDSClient({});
export const handler = () => rds.send(new DescribeDBClustersCommand({}));
`;
const BARE = "bare-rds-client";

/** What the functions ask of their environment when they are loaded; nothing is called. */
const ENVIRONMENT = {
  AWS_REGION: "eu-central-1",
  EVIDENCE_BUCKET: "evidence",
  OUTCOME_TOPIC_ARN: "arn:aws:sns:eu-central-1:123456789012:outcomes",
  PAGE_TOPIC_ARN: "arn:aws:sns:eu-central-1:123456789012:pages",
  STATE_MACHINE_ARN: "arn:aws:states:eu-central-1:123456789012:stateMachine:restore-drill",
  FINISH_MACHINE_ARN: "arn:aws:states:eu-central-1:123456789012:stateMachine:restore-drill-finish-drill",
  ACCOUNT_ID: "123456789012",
  MAX_DRILLS_PER_REGION: "5",
  MAX_UNCOVERED_DATABASES: "0",
  COUNTERPROOF: "off",
  FINGERPRINT_KEY: "arn:aws:kms:eu-central-1:123456789012:key/fingerprints",
  SANDBOX_KMS_KEY: "alias/restore-drill",
  SANDBOX_SUBNET_GROUP: "restore-drill",
  SANDBOX_SECURITY_GROUP: "sg-0",
  SANDBOX_PARAMETER_GROUP: "restore-drill",
};

export interface BundleFigures {
  readonly name: string;
  readonly bytes: number;
  readonly importMilliseconds: number;
  /** Import time over that of the bare client, measured in the same rounds. */
  readonly ratio: number;
}

/** Size and import time of every function and of a bare RDS client, each import in a process of its own, rounds interleaved. */
export async function measureImports(directory: string, rounds: number): Promise<BundleFigures[]> {
  const root = join(directory, `bench-imports-${process.pid}`);
  try {
    const bundles = [
      await bundleBareClient(root),
      ...(await bundleFunctions({ outDirectory: join(root, "functions") })),
    ];
    const times = new Map(bundles.map(({ name }) => [name, [] as number[]]));
    for (let round = 0; round < rounds; round++)
      for (const { name, file } of bundles) times.get(name)?.push(await importMilliseconds(file));
    const medianOf = (name: string): number => median(times.get(name) ?? []);
    return bundles.map(({ name, bytes }) => {
      return { name, bytes, importMilliseconds: medianOf(name), ratio: medianOf(name) / medianOf(BARE) };
    });
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function bundleBareClient(root: string): Promise<{ name: string; file: string; bytes: number }> {
  const file = join(root, BARE, "index.cjs");
  await build({ ...BUNDLING, stdin: { contents: BARE_CLIENT, resolveDir: import.meta.dirname }, outfile: file });
  return { name: BARE, file, bytes: (await stat(file)).size };
}

async function importMilliseconds(file: string): Promise<number> {
  // Lambda's runtime has opened its streams before it loads a function.
  const script = `process.stdout; process.stderr; const begun = performance.now(); require(${JSON.stringify(file)}); console.log(performance.now() - begun);`;
  const { stdout } = await run(process.execPath, ["-e", script], { env: ENVIRONMENT });
  return Number(stdout.trim().split("\n").at(-1));
}
