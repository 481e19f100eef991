import { randomBytes } from "node:crypto";
import { ServiceError } from "../../wire/service.ts";
import type { RdsCore } from "./core.ts";
import { managedSecretArn } from "./identifiers.ts";
import { usableKey } from "./keys.ts";
import { ensureMasterUser } from "./master-user.ts";
import { type Cluster, instanceStatus, type Region } from "./resources.ts";

/**
 * ManageMasterUserPassword: RDS makes a password, sets it in the database and keeps it in a secret of its own. It needs a running
 * database for that: without an instance that is available the call is refused. Asking again changes nothing.
 */
export function manageMasterPassword(core: RdsCore, region: Region, cluster: Cluster, keyId: string | undefined): void {
  if (cluster.secret) return;
  const kmsKeyArn = keyId === undefined ? undefined : usableKey(core, region.name, keyId);
  const writer = region.writerOf(cluster.id);
  const { server } = cluster;
  if (!writer || instanceStatus(writer) !== "available" || !server) {
    throw new ServiceError(
      "InvalidDBInstanceStateFault",
      `DB cluster ${cluster.id} has no available instance in which the master user password could be set.`,
    );
  }
  const password = randomBytes(24).toString("base64url");
  const username = cluster.facts.masterUsername;
  cluster.secret = {
    arn: managedSecretArn(region.name, core.accountId),
    username,
    password,
    kmsKeyArn,
    creation: core.timeline.begin("secret", cluster, "failed", () =>
      core.timeline.postgres(() => ensureMasterUser(server.connection, username, password)),
    ),
  };
}
