import { realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { PathRefused } from "./errors.ts";

/**
 * `path` with every symbolic link resolved, if it is strictly below `root`. The path need not exist yet.
 *
 * @param root already free of symbolic links
 * @throws PathRefused otherwise: the host writes and deletes nowhere else
 */
export async function belowRoot(root: string, path: string): Promise<string> {
  const real = await realpathOfPlanned(resolve(path));
  const inside = relative(root, real);
  if (inside === "" || inside === ".." || inside.startsWith(`..${sep}`) || isAbsolute(inside)) {
    throw new PathRefused(`${path} is not below ${root}: the local databases use nothing outside their own directory.`);
  }
  return real;
}

/** Links are resolved in the part that exists: a link below the root that leads outside would otherwise pass. */
async function realpathOfPlanned(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const parent = dirname(path);
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || parent === path) throw error;
    return join(await realpathOfPlanned(parent), basename(path));
  }
}
