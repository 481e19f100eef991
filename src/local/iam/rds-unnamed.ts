import type { Call, World } from "./world.ts";

type Groups = ReturnType<World["groupsOf"]>;

/**
 * Resources that RDS asks about although the call does not name them, without the part of their ARNs that they share: groups that it takes by
 * default, as the engine's version and the cluster have them, and a final snapshot that is skipped. `of` answers for the cluster or snapshot
 * that a member names. Of what is not there no group is known: it is asked as if every name were meant, and the call fails for itself.
 */
export function unnamedResources({ operation, input }: Call, of: (member: string) => Groups): readonly string[] {
  const unless = (member: string, name: string): string[] => (input[member] === undefined ? [name] : []);
  switch (operation) {
    case "RestoreDBClusterFromSnapshot": {
      const given = input["EngineVersion"];
      const major = majorOf(typeof given === "string" ? given : of("SnapshotIdentifier")?.engineVersion);
      return [
        ...unless("OptionGroupName", `og:default:aurora-postgresql-${major}`),
        ...unless("DBSubnetGroupName", "subgrp:default"),
        ...unless("DBClusterParameterGroupName", `cluster-pg:default.aurora-postgresql${major}`),
      ];
    }
    case "CreateDBInstance": {
      const cluster = of("DBClusterIdentifier");
      const major = majorOf(cluster?.engineVersion);
      return [
        ...unless("OptionGroupName", `og:default:aurora-postgresql-${major}`),
        ...unless("DBParameterGroupName", `pg:default.aurora-postgresql${major}`),
        ...unless("DBSubnetGroupName", `subgrp:${cluster?.subnetGroup ?? "*"}`),
      ];
    }
    case "DeleteDBCluster":
      return unless("FinalDBSnapshotIdentifier", "cluster-snapshot:*");
    default:
      return [];
  }
}

function majorOf(engineVersion: string | undefined): string {
  return engineVersion?.split(".")[0] ?? "*";
}
