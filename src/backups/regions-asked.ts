import type { BackupClient } from "@aws-sdk/client-backup";
import type { DBClusterSnapshot, RDSClient } from "@aws-sdk/client-rds";
import { isServerError, isThrottlingError, isTransientError } from "@smithy/core/retry";
import type { SdkError } from "@smithy/types";
import { snapshotsSharedBy } from "../recovery/shared-origin.ts";

export interface BackupClients {
  readonly rds: (region: string) => RDSClient;
  readonly backup: (region: string) => BackupClient;
}

/**
 * The control planes answer a listing within a second; what RDS throttles is asked again twice, and the next survey is tomorrow. One call that hangs
 * takes 3 x 5 s, and 1 s between them.
 */
export const PATIENCE_FOR_SURVEY = { maxAttempts: 3, requestSeconds: 5 } as const;

/** In a row: one that only throttles answers in between. With five databases at a time a region that hangs is given up after the first five. */
const SILENCES_UNTIL_GIVEN_UP = 3;

/** What one survey asks the regions. One that does not answer is given up for the rest of it, so that it can not take the time of all others. */
export class RegionsAsked {
  readonly #clients: BackupClients;
  readonly #silencesInARow = new Map<string, number>();
  readonly #shared = new Map<string, Promise<DBClusterSnapshot[]>>();

  constructor(clients: BackupClients) {
    this.#clients = clients;
  }

  rds<Answer>(region: string, question: (rds: RDSClient) => Promise<Answer>): Promise<Answer> {
    return this.#ask(`RDS in ${region}`, () => question(this.#clients.rds(region)));
  }

  backup<Answer>(region: string, question: (backup: BackupClient) => Promise<Answer>): Promise<Answer> {
    return this.#ask(`AWS Backup in ${region}`, () => question(this.#clients.backup(region)));
  }

  /** RDS lists all that is shared at once, of all clusters: asked once, also where it fails. */
  sharedBy(account: string, region: string): Promise<DBClusterSnapshot[]> {
    const key = `${account}/${region}`;
    const shared = this.#shared.get(key) ?? this.rds(region, (rds) => snapshotsSharedBy(rds, account, region));
    this.#shared.set(key, shared);
    return shared;
  }

  async #ask<Answer>(whom: string, question: () => Promise<Answer>): Promise<Answer> {
    const silences = this.#silencesInARow.get(whom) ?? 0;
    if (silences >= SILENCES_UNTIL_GIVEN_UP)
      throw new Error(
        `${whom} did not answer ${SILENCES_UNTIL_GIVEN_UP} times in a row in this survey, and is not asked again`,
      );
    try {
      const answer = await question();
      this.#silencesInARow.delete(whom);
      return answer;
    } catch (error) {
      // A refusal, a name that is not known and too many snapshots are answers: they come at once, and the next database may have another.
      if (isNoAnswer(error)) this.#silencesInARow.set(whom, (this.#silencesInARow.get(whom) ?? 0) + 1);
      else this.#silencesInARow.delete(whom);
      throw error;
    }
  }
}

/** A time-out, a connection that fails, a 5xx or throttling: whatever is asked next will most likely have it too. */
function isNoAnswer(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // SdkError is any error with members that it may have.
  const failure = error as SdkError;
  return isThrottlingError(failure) || isTransientError(failure) || isServerError(failure);
}
