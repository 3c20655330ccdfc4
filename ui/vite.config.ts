// How the pages are built: the control room's and that of a USS, one worker, static files only, nothing inlined (the node's
// Content-Security-Policy allows neither inline scripts nor data: fonts).
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

const PHRASES = fileURLToPath(new URL("../src/mamarr/phrases/", import.meta.url));
const BUILT = fileURLToPath(new URL("../src/mamarr/web/built/", import.meta.url));

function placeholders(text: string): string {
  return [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1]).sort().join(" ");
}

/** Fails the build when a translation lacks a text, has one too many, or fills in other values. */
function phrasesAgree(): Plugin {
  const read = (file: string): Record<string, string> => JSON.parse(readFileSync(PHRASES + file, "utf8"));
  return {
    name: "mamarr-phrases-agree",
    buildStart() {
      for (const file of readdirSync(PHRASES).filter((name) => /^(page|uss)\.\w+\.json$/.test(name))) {
        const english = read(file.replace(/\.\w+\.json$/, ".en.json"));
        const texts = read(file);
        for (const key of new Set([...Object.keys(english), ...Object.keys(texts)])) {
          const [ours, theirs] = [english[key], texts[key]];
          if (ours === undefined || theirs === undefined) this.error(`${file}: "${key}" is not in both languages`);
          if (theirs.trim() === "") this.error(`${file}: "${key}" is empty`);
          if (placeholders(ours) !== placeholders(theirs)) this.error(`${file}: "${key}" fills in other values`);
        }
      }
    },
  };
}

const SHIPPED = [
  ["maplibre-gl", "LICENSE.txt"],
  ["@fontsource/noto-sans", "LICENSE"],
  ["@fontsource/noto-sans-arabic", "LICENSE"],
  ["topojson-client", "LICENSE"],
  ["world-atlas", "LICENSE"],
] as const;

/** Ships the licences of what the page carries of others' work. */
function licences(): Plugin {
  return {
    name: "mamarr-licences",
    generateBundle() {
      const texts = SHIPPED.map(([name, file]) => `${name}\n\n${readFileSync(`node_modules/${name}/${file}`, "utf8")}`);
      this.emitFile({ type: "asset", fileName: "licences.txt", source: texts.join(`\n\n${"-".repeat(80)}\n\n`) });
    },
  };
}

export default defineConfig({
  plugins: [phrasesAgree(), licences()],
  resolve: { alias: { "@phrases": PHRASES.replace(/\/$/, "") } },
  worker: { format: "es" },
  server: { fs: { allow: [".."] } },
  build: {
    outDir: BUILT,
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: ["index.html", "uss.html"] },
    chunkSizeWarningLimit: 1400, // MapLibre is one module of about 1 MB
  },
});
