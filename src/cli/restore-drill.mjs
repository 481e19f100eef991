#!/usr/bin/env node
import { onSupportedNode } from "./supported-node.mjs";

await onSupportedNode(() => import("./deployed/main.ts"), "npx restore-drill");
