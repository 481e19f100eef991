import { describe, expect, it } from "vitest";
import { namesOf, TAG } from "../../src/plan/names.ts";
import { isOwnedBy } from "../../src/recovery/ownership.ts";

const names = namesOf("20261121-143205-3f9a2b1c");
const other = namesOf("20261121-143205-00000000");
const tagsOf = (drillId: string) => [
  { Key: "team", Value: "orders" },
  { Key: TAG.drill, Value: drillId },
];

describe("isOwnedBy", () => {
  it.each([names.cluster, names.writer, names.snapshotCopy])("holds for %s with the drill's tag", (id) => {
    expect(isOwnedBy(names.drillId, { id, tags: tagsOf(names.drillId) })).toBe(true);
  });

  it.each([
    ["a name that no drill gave", "orders-production", tagsOf(names.drillId)],
    ["a name that only begins like one", `${names.cluster}-2`, tagsOf(names.drillId)],
    ["the name of another drill", other.cluster, tagsOf(names.drillId)],
    ["no tags", names.cluster, []],
    ["tags that could not be listed", names.cluster, undefined],
    ["the tag of another drill", names.cluster, tagsOf(other.drillId)],
    ["the drill in another tag", names.cluster, [{ Key: TAG.plan, Value: names.drillId }]],
    ["the key in another spelling", names.cluster, [{ Key: "Restore-Drill:drill", Value: names.drillId }]],
  ])("does not hold for %s", (_, id, tags) => {
    expect(isOwnedBy(names.drillId, { id, tags })).toBe(false);
  });
});
