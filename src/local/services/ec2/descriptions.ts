/** What each kind of network resource can be asked by. Filter names are those of EC2's documentation; others are refused. */
import type {
  CarrierGateway,
  EgressOnlyInternetGateway,
  InternetGateway,
  NatGateway,
  RouteTable,
  SecurityGroup,
  Subnet,
  TransitGatewayAttachment,
  TransitGatewayVpcAttachment,
  VpcEndpoint,
  VpcPeeringConnection,
  VpnGateway,
} from "@aws-sdk/client-ec2";
import type { Description } from "./describe.ts";

export const SECURITY_GROUP: Description<SecurityGroup> = {
  idOf: (group) => group.GroupId,
  notFound: "InvalidGroup.NotFound",
  filters: {
    "vpc-id": (group) => [group.VpcId],
    "group-id": (group) => [group.GroupId],
    "group-name": (group) => [group.GroupName],
    "owner-id": (group) => [group.OwnerId],
  },
};

export const SUBNET: Description<Subnet> = {
  idOf: (subnet) => subnet.SubnetId,
  notFound: "InvalidSubnetID.NotFound",
  filters: {
    "vpc-id": (subnet) => [subnet.VpcId],
    "subnet-id": (subnet) => [subnet.SubnetId],
    "availability-zone": (subnet) => [subnet.AvailabilityZone],
    state: (subnet) => [subnet.State],
  },
};

export const ROUTE_TABLE: Description<RouteTable> = {
  idOf: (table) => table.RouteTableId,
  notFound: "InvalidRouteTableID.NotFound",
  filters: {
    "vpc-id": (table) => [table.VpcId],
    "route-table-id": (table) => [table.RouteTableId],
    "association.subnet-id": (table) => (table.Associations ?? []).map((association) => association.SubnetId),
    "association.main": (table) => (table.Associations ?? []).map((association) => String(association.Main ?? false)),
  },
};

export const INTERNET_GATEWAY: Description<InternetGateway> = {
  idOf: (gateway) => gateway.InternetGatewayId,
  notFound: "InvalidInternetGatewayID.NotFound",
  filters: {
    "attachment.vpc-id": (gateway) => (gateway.Attachments ?? []).map((attachment) => attachment.VpcId),
    "attachment.state": (gateway) => (gateway.Attachments ?? []).map((attachment) => attachment.State),
    "internet-gateway-id": (gateway) => [gateway.InternetGatewayId],
  },
};

/** EC2 documents no filter by VPC here: a caller has to look at the attachments. */
export const EGRESS_ONLY_INTERNET_GATEWAY: Description<EgressOnlyInternetGateway> = {
  idOf: (gateway) => gateway.EgressOnlyInternetGatewayId,
  notFound: "InvalidGatewayID.NotFound",
  filters: {},
};

export const NAT_GATEWAY: Description<NatGateway> = {
  idOf: (gateway) => gateway.NatGatewayId,
  notFound: "NatGatewayNotFound",
  filters: {
    "vpc-id": (gateway) => [gateway.VpcId],
    "subnet-id": (gateway) => [gateway.SubnetId],
    "nat-gateway-id": (gateway) => [gateway.NatGatewayId],
    state: (gateway) => [gateway.State],
  },
};

export const VPN_GATEWAY: Description<VpnGateway> = {
  idOf: (gateway) => gateway.VpnGatewayId,
  notFound: "InvalidVpnGatewayID.NotFound",
  filters: {
    "attachment.vpc-id": (gateway) => (gateway.VpcAttachments ?? []).map((attachment) => attachment.VpcId),
    "attachment.state": (gateway) => (gateway.VpcAttachments ?? []).map((attachment) => attachment.State),
    "vpn-gateway-id": (gateway) => [gateway.VpnGatewayId],
    state: (gateway) => [gateway.State],
  },
};

export const VPC_PEERING_CONNECTION: Description<VpcPeeringConnection> = {
  idOf: (peering) => peering.VpcPeeringConnectionId,
  notFound: "InvalidVpcPeeringConnectionID.NotFound",
  filters: {
    "requester-vpc-info.vpc-id": (peering) => [peering.RequesterVpcInfo?.VpcId],
    "accepter-vpc-info.vpc-id": (peering) => [peering.AccepterVpcInfo?.VpcId],
    "status-code": (peering) => [peering.Status?.Code],
    "vpc-peering-connection-id": (peering) => [peering.VpcPeeringConnectionId],
  },
};

export const TRANSIT_GATEWAY_VPC_ATTACHMENT: Description<TransitGatewayVpcAttachment> = {
  idOf: (attachment) => attachment.TransitGatewayAttachmentId,
  notFound: "InvalidTransitGatewayAttachmentID.NotFound",
  filters: {
    "vpc-id": (attachment) => [attachment.VpcId],
    "transit-gateway-attachment-id": (attachment) => [attachment.TransitGatewayAttachmentId],
    "transit-gateway-id": (attachment) => [attachment.TransitGatewayId],
    state: (attachment) => [attachment.State],
  },
};

export const TRANSIT_GATEWAY_ATTACHMENT: Description<TransitGatewayAttachment> = {
  idOf: (attachment) => attachment.TransitGatewayAttachmentId,
  notFound: "InvalidTransitGatewayAttachmentID.NotFound",
  filters: {
    "resource-id": (attachment) => [attachment.ResourceId],
    "resource-type": (attachment) => [attachment.ResourceType],
    "transit-gateway-attachment-id": (attachment) => [attachment.TransitGatewayAttachmentId],
    "transit-gateway-id": (attachment) => [attachment.TransitGatewayId],
    state: (attachment) => [attachment.State],
  },
};

export const CARRIER_GATEWAY: Description<CarrierGateway> = {
  idOf: (gateway) => gateway.CarrierGatewayId,
  notFound: "InvalidCarrierGatewayID.NotFound",
  filters: {
    "vpc-id": (gateway) => [gateway.VpcId],
    "carrier-gateway-id": (gateway) => [gateway.CarrierGatewayId],
    state: (gateway) => [gateway.State],
  },
};

export const VPC_ENDPOINT: Description<VpcEndpoint> = {
  idOf: (endpoint) => endpoint.VpcEndpointId,
  notFound: "InvalidVpcEndpointId.NotFound",
  filters: {
    "vpc-id": (endpoint) => [endpoint.VpcId],
    "vpc-endpoint-id": (endpoint) => [endpoint.VpcEndpointId],
    "vpc-endpoint-state": (endpoint) => [endpoint.State],
    "vpc-endpoint-type": (endpoint) => [endpoint.VpcEndpointType],
    "service-name": (endpoint) => [endpoint.ServiceName],
  },
};

/** The same attachments as DescribeTransitGatewayAttachments tells them. */
export function asTransitGatewayAttachment(attachment: TransitGatewayVpcAttachment): TransitGatewayAttachment {
  return {
    TransitGatewayAttachmentId: attachment.TransitGatewayAttachmentId,
    TransitGatewayId: attachment.TransitGatewayId,
    ResourceType: "vpc",
    ResourceId: attachment.VpcId,
    ResourceOwnerId: attachment.VpcOwnerId,
    State: attachment.State,
    CreationTime: attachment.CreationTime,
    Tags: attachment.Tags,
  };
}
