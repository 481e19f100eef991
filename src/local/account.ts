/** What the local account has before any drill: keys and networks, in every region. */
import { addDefaultVpc, type DefaultVpc } from "./default-vpc.ts";
import { REGIONS } from "./services/ec2/regions.ts";
import { isolatedNetwork, type Network } from "./services/ec2.ts";
import { KmsKeys } from "./services/kms.ts";
import type { RdsAdministration } from "./services/rds/administration.ts";
import type { Vpcs } from "./services/rds/core.ts";

export const ACCOUNT_ID = "123456789012";

/** What the stack's parameters name in a drill region: the sandbox of a plan that names nothing of its own. */
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

export function openAccount(): Account {
  const keys = new KmsKeys(ACCOUNT_ID);
  const networks = new Map<string, Network>();
  const defaultVpcs = new Map<string, DefaultVpc>();
  for (const { RegionName: name = "" } of REGIONS) {
    keys.create(name, { aliases: [SANDBOX.kmsKey] });
    keys.create(name, { aliases: [SOURCE_KEY] });
    const network = isolatedNetwork(name, ACCOUNT_ID);
    networks.set(name, network);
    defaultVpcs.set(name, addDefaultVpc(network, ACCOUNT_ID));
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

/** The security group without rules of the region's isolated VPC. */
export function closedSecurityGroup({ networks }: Account, region: string): string {
  const network = networks.get(region);
  return network?.securityGroups.find(({ VpcId }) => VpcId === network.vpcId)?.GroupId ?? "";
}

/** The RDS side of every region's isolated VPC: the groups that a restore names. */
export function prepareSandboxNetworks({ networks }: Account, rds: RdsAdministration, engineMajor: string): void {
  const description = "Sandboxes of restore drills";
  for (const [region, network] of networks) {
    const subnets = network.subnets
      .filter(({ VpcId }) => VpcId === network.vpcId)
      .map(({ SubnetId = "", AvailabilityZone = "" }) => ({ id: SubnetId, availabilityZone: AvailabilityZone }));
    rds.createSubnetGroup(region, { name: SANDBOX.subnetGroup, description, vpcId: network.vpcId, subnets });
    rds.createParameterGroup(region, {
      name: SANDBOX.parameterGroup,
      description,
      family: `aurora-postgresql${engineMajor}`,
    });
  }
}
