import type { PostgresConnection } from "../../postgres/postgres-host.ts";
import { ServiceError } from "../../wire/service.ts";
import { type RdsCore, regionOf } from "../rds/core.ts";
import { parseRdsArn } from "../rds/identifiers.ts";
import { type Cluster, clusterStatus, instanceStatus, type Secret } from "../rds/resources.ts";

export interface DatabaseAccess {
  readonly cluster: Cluster;
  /** Of the host's superuser: for cancelling, never for a caller's statement. */
  readonly host: PostgresConnection;
  /** Of the secret's user, whoever the secret belongs to: PostgreSQL judges it. */
  readonly connection: PostgresConnection & { readonly options: string };
}

interface AccessRequest {
  readonly resourceArn?: string | undefined;
  readonly secretArn?: string | undefined;
}

// What the Data API's sessions are set to, whatever the role or the database says: text forms depend on it.
const SESSION_OPTIONS = "-c TimeZone=UTC -c DateStyle=ISO";

/**
 * Who may speak to which server. A cluster that is not there, or whose ARN differs by a letter, answers like one whose endpoint is off.
 * Throws `HttpEndpointNotEnabledException`, `DatabaseNotFoundException` (no instance), `DatabaseUnavailableException`,
 * `InvalidResourceStateException`, `SecretsErrorException`.
 */
export function accessOf(core: RdsCore, regionName: string, request: AccessRequest): DatabaseAccess {
  const cluster = enabledCluster(core, regionName, request.resourceArn ?? "");
  const status = clusterStatus(cluster);
  if (status !== "available" && status !== "resetting-master-credentials") {
    throw new ServiceError("InvalidResourceStateException", `The DB cluster ${cluster.id} is ${status}.`);
  }
  const writer = regionOf(core, regionName).writerOf(cluster.id);
  if (!writer) throw new ServiceError("DatabaseNotFoundException", "The DB cluster doesn't have a DB instance.");
  if (instanceStatus(writer) !== "available" || !cluster.server) {
    throw new ServiceError("DatabaseUnavailableException", `The writer instance is ${instanceStatus(writer)}.`);
  }
  const { username: user, password } = secretOf(core, regionName, request.secretArn ?? "");
  const host = cluster.server.connection;
  return { cluster, host, connection: { ...host, user, password, options: SESSION_OPTIONS } };
}

function enabledCluster(core: RdsCore, regionName: string, resourceArn: string): Cluster {
  const arn = parseRdsArn(resourceArn);
  const found = arn?.kind === "cluster" ? regionOf(core, regionName).clusters.find(arn.id) : undefined;
  if (found && found.arn === resourceArn && found.endpoint?.succeeded) return found;
  throw new ServiceError("HttpEndpointNotEnabledException", `HttpEndpoint is not enabled for resource ${resourceArn}`);
}

/** By ARN, or by the secret's name: "the name or ARN of the secret". */
function secretOf(core: RdsCore, regionName: string, nameOrArn: string): Secret {
  const secrets = regionOf(core, regionName)
    .clusters.all()
    .flatMap(({ secret, readerSecret }) => [secret, readerSecret].filter((each) => each !== undefined));
  const named = secrets.find(({ arn }) => arn === nameOrArn || nameOfSecret(arn) === nameOrArn);
  if (named?.creation.succeeded) return named;
  throw new ServiceError("SecretsErrorException", `Secrets Manager can't find the specified secret: ${nameOrArn}`);
}

function nameOfSecret(arn: string): string {
  return arn.replace(/^.*:secret:/, "").replace(/-\w{6}$/, "");
}
