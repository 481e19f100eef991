import { momentWords } from "../page/words.ts";
import { accountOf } from "../plan/names.ts";
import type { SetAside } from "../plan/scenario.ts";
import { findCluster } from "../recovery/describe.ts";
import { everywhere } from "./accidental-deletion.ts";
import { isSameKey } from "./same-key.ts";
import type { Chosen, Exercise, Scenario } from "./scenario.ts";
import { standingOrigin } from "./standing-origin.ts";
import {
  automatedSnapshots,
  describeSetAside,
  ofUnknownOrigin,
  type Standing,
  setAside,
} from "./standing-snapshots.ts";

/** Intruders were in: what is recovered from has to be older than that, and under a key that was not theirs to use. */
export const ransomware: Scenario = {
  name: "ransomware",
  defaultDays: 7,
  objective: ({ source }, moment) =>
    `Recover ${source.cluster} from a copy under another key than its own, from before intruders came in at ${momentWords(moment.toISOString())}.`,
  assumptions: (_plan, moment) => [
    `Intruders are taken to have had the database and its key since ${momentWords(moment.toISOString())}: nothing from after that moment and nothing under that key is used. RPO counts back from that moment; what was written since then is not in what came back, and is not counted.`,
    "Who may use or delete the other key and the copy, and whether its vault is locked, is not asked. Nothing looks for malware in the data: that what came back is clean rests on that moment alone.",
  ],
  choose: async (exercise) => {
    const key = await keyOfSource(exercise);
    const standing = await everywhere(exercise);
    const { found } = standing;
    const separate = found.filter((each) => isSeparate(each, key, exercise));
    const old = separate.filter(({ snapshot }) => isFrom(exercise.moment, snapshot.SnapshotCreateTime));
    const aside = [
      ...setAside(
        "under the cluster's own key or under none",
        found.filter((each) => !separate.includes(each)),
      ),
      ...setAside(
        "under another key, but made after that moment",
        separate.filter((each) => !old.includes(each)),
      ),
      ...ofUnknownOrigin(standing),
    ];
    const origin = standingOrigin(exercise, old, () => explainNone(exercise, key, aside));
    return { origin, setAside: aside, ...held(key) };
  },
};

const isFrom = (moment: Date, createdAt: Date | undefined): boolean => createdAt !== undefined && createdAt <= moment;

/** An ARN; or that the cluster is under no key, or that nobody here can say. */
type SourceKey = { readonly arn: string } | "none" | "unknown";

function held(key: SourceKey): Pick<Chosen, "sourceKmsKeyArn" | "isSourceEncrypted"> {
  if (key === "unknown") return {};
  return key === "none" ? { isSourceEncrypted: false } : { sourceKmsKeyArn: key.arn };
}

/** Of the cluster; where that is gone, of a snapshot that RDS made of it, which is under the same one. RDS tells neither across accounts. */
async function keyOfSource(exercise: Exercise): Promise<SourceKey> {
  const {
    plan: { source },
    rds,
    account,
  } = exercise;
  if (account !== undefined) return "unknown";
  const cluster = await findCluster(rds(source.region), source.cluster);
  const [automated] = cluster === undefined ? await automatedSnapshots(exercise) : [];
  const from = cluster ?? automated?.snapshot;
  if (from === undefined) return "unknown";
  return from.KmsKeyId === undefined ? "none" : { arn: from.KmsKeyId };
}

/** Whether it is under a key that was not the cluster's. Where the cluster's is not known, one of another account than the source's is none of it. */
function isSeparate({ snapshot: { KmsKeyId: own } }: Standing, key: SourceKey, exercise: Exercise): boolean {
  if (own === undefined) return false;
  if (key === "none") return true;
  return key === "unknown" ? accountOf(own) !== (exercise.account ?? exercise.ownAccount) : !isSameKey(own, key.arn);
}

function explainNone({ plan: { source }, moment }: Exercise, key: SourceKey, aside: readonly SetAside[]): string {
  const than = typeof key === "string" ? "" : ` (${key.arn})`;
  const unknown =
    key === "unknown"
      ? " Which key the cluster is under can not be asked from here, so only a key of another account counts as another one."
      : "";
  return `No copy of ${source.cluster} is both under another key than the cluster's own${than} and from before ${momentWords(moment.toISOString())}.${unknown}${describeSetAside(aside)} Have backups copied under a key that production's roles can not use, better into another account's locked vault, and keep them for longer than intruders stay unseen. See docs/scenarios.md.`;
}
