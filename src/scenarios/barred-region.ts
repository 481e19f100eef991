import { ExerciseRefused } from "../errors.ts";

type Clients = Readonly<Record<"rds" | "ec2" | "kms" | "backup", (region: string) => unknown>>;

/**
 * The same clients, with an account of where they were asked for. One of a region that is taken to be lost is never handed out: what asks for it throws
 * ExerciseRefused, and no call leaves.
 */
export function watchClients<Given extends Clients>(
  given: Given,
  lostRegion: string | undefined,
): {
  readonly clients: Pick<Given, keyof Clients>;
  /** `rds eu-central-1`, of all that was asked for so far, in the order of their names. */
  readonly asked: () => string[];
} {
  const asked = new Set<string>();
  const watched = <Client>(service: string, clientIn: (region: string) => Client) => {
    return (region: string): Client => {
      if (region === lostRegion)
        throw new ExerciseRefused(
          `The exercise takes ${region} to be lost, and ${service} was about to be asked there. This is a defect of restore-drill: report it.`,
        );
      asked.add(`${service} ${region}`);
      return clientIn(region);
    };
  };
  const clients: Clients = {
    rds: watched("rds", given.rds),
    ec2: watched("ec2", given.ec2),
    kms: watched("kms", given.kms),
    backup: watched("backup", given.backup),
  };
  // Each is the function that was given, with a look before it.
  return { clients: clients as Pick<Given, keyof Clients>, asked: () => [...asked].sort() };
}
