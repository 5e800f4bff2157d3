// node list.mjs <areas>: prints, as JSON, which public names the operations of some areas cover.
const names = await Promise.all(process.argv.slice(2).map(async (area) => (await import(`./operations/${area}.mjs`)).operations));
process.stdout.write(JSON.stringify([...new Set(names.flat().flatMap(({ covers }) => covers))]));
