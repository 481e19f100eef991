/** What the local account has before any drill: keys and networks, in every region. The stack's own are in its region. */
import type { PackagedTemplate } from "../../packaging/template.ts";
import { addDefaultVpc, type DefaultVpc } from "./default-vpc.ts";
import { REGIONS } from "./services/ec2/regions.ts";
import { isolatedNetwork, type Network } from "./services/ec2.ts";
import { KmsKeys } from "./services/kms.ts";
import type { RdsAdministration } from "./services/rds/administration.ts";
import type { Vpcs } from "./services/rds/core.ts";
import { deployDatabaseGroups } from "./stack/database-groups.ts";
import { deployKeys } from "./stack/keys.ts";
import { stackNetwork } from "./stack/network.ts";

export const ACCOUNT_ID = "123456789012";

/** What people have made for sandboxes where the stack makes nothing: called as the stack's own would be. */
export const SANDBOX = {
  kmsKey: "alias/restore-drill",
  subnetGroup: "restore-drill",
  parameterGroup: "restore-drill",
} as const;
/** The key that a source's storage and snapshots are encrypted under. */
export const SOURCE_KEY = "alias/production";

export interface Account {
  readonly keys: KmsKeys;
  readonly networks: ReadonlyMap<string, Network>;
  readonly vpcs: Vpcs;
}

export interface Stack {
  readonly region: string;
  readonly template: Pick<PackagedTemplate, "resources">;
}

export function openAccount(stack?: Stack): Account {
  const keys = new KmsKeys(ACCOUNT_ID);
  const networks = new Map<string, Network>();
  const defaultVpcs = new Map<string, DefaultVpc>();
  if (stack !== undefined) deployKeys(stack.template, stack.region, keys);
  for (const { RegionName: region = "" } of REGIONS) {
    if (keys.find(region, SANDBOX.kmsKey) === undefined) keys.create(region, { aliases: [SANDBOX.kmsKey] });
    keys.create(region, { aliases: [SOURCE_KEY] });
    const network = networkOf(stack, region) ?? isolatedNetwork(region, ACCOUNT_ID);
    networks.set(region, network);
    defaultVpcs.set(region, addDefaultVpc(network, ACCOUNT_ID));
  }
  const vpcs: Vpcs = {
    defaultVpc: (region) => {
      const found = defaultVpcs.get(region);
      if (found === undefined) throw new TypeError(`the local account has no region ${region}`);
      return found;
    },
    vpcOfSecurityGroup: (region, id) =>
      networks.get(region)?.securityGroups.find(({ GroupId }) => GroupId === id)?.VpcId,
  };
  return { keys, networks, vpcs };
}

function networkOf(stack: Stack | undefined, region: string): Network | undefined {
  return stack?.region === region ? stackNetwork(stack.template, { accountId: ACCOUNT_ID, region }) : undefined;
}

/** The security group of sandboxes in the region. */
export function closedSecurityGroup({ networks }: Pick<Account, "networks">, region: string): string {
  const network = networks.get(region);
  const own = network?.securityGroups.filter(
    ({ VpcId, GroupName }) => VpcId === network.vpcId && GroupName !== "default",
  );
  return own?.[0]?.GroupId ?? "";
}

/** The RDS side of every region's network: the groups that a restore names. */
export function prepareSandboxNetworks(
  { networks }: Account,
  rds: RdsAdministration,
  engineMajor: string,
  stack: Stack,
): void {
  const family = `aurora-postgresql${engineMajor}`;
  const description = "Sandboxes of restore drills";
  for (const [region, network] of networks) {
    if (networkOf(stack, region) !== undefined) continue;
    const subnets = network.subnets
      .filter(({ VpcId }) => VpcId === network.vpcId)
      .map(({ SubnetId = "", AvailabilityZone = "" }) => ({ id: SubnetId, availabilityZone: AvailabilityZone }));
    rds.createSubnetGroup(region, { name: SANDBOX.subnetGroup, description, vpcId: network.vpcId, subnets });
    for (const name of [SANDBOX.parameterGroup, `${SANDBOX.parameterGroup}-${family}`])
      rds.createParameterGroup(region, { name, description, family });
  }
  const home = networks.get(stack.region);
  if (home !== undefined) deployDatabaseGroups(stack.template, home, rds);
}
