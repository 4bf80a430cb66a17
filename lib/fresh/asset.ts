/** Marks URLs with the build, so that browsers may keep what they name forever. */

/** Name of the build: in the browser part of this script's URL, on the server set by the build. */
export let BUILD_ID = /\/_fresh\/js\/(\w+)\//.exec(import.meta.url)?.[1] ?? "";

/** Sets the name on the server. */
export function setBuildId(id: string): void {
  BUILD_ID = id;
}

/** Marks a URL that starts with one `/`; any other URL is returned unchanged. */
export function asset(path: string): string {
  if (!path.startsWith("/") || path.startsWith("//") || path.includes("__frsh_c=")) return path;
  const [before, ...hash] = path.split("#");
  return [`${before}${path.includes("?") ? "&" : "?"}__frsh_c=${BUILD_ID}`, ...hash].join("#");
}

/** Marks the URLs of an image's `srcset`. */
export function assetSrcSet(srcset: string): string {
  return srcset.split(",").map((part) => part.replace(/\S+/, asset)).join(",");
}
