// Takes a picture of every page, on a desk and on a phone, for the folder that is
// named.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { launch, pages, phone, Visitor, wide } from './browser.mjs';
import { Daemon } from './daemon.mjs';

const folder = process.argv[2];
const settle = 150; // seconds in which the evening fills charts, and becomes history
const tallest = { [wide.width]: 1400, [phone.width]: 1700 };

// Pages of one thing, beside the pages of all.
async function details(daemon) {
	const { devices: [ device ] } = await daemon.call('devices', { sort: 'bytes', desc: true, limit: 1 });
	const { hosts: [ host ] } = await daemon.call('hosts', { sort: 'bytes', desc: true, scope: 'remote', limit: 1 });
	const { flows: [ flow ] } = await daemon.call('flows', { sort: 'bytes', desc: true, limit: 1 });
	return [ [ 'device', 'devices', `#device=${device.id}` ], [ 'host', 'hosts', `#ip=${host.ip}` ], [ 'flow', 'flows', `#flow=${flow.id}` ] ];
}

// Where a page shows a time, an hour has more to show in a short life.
const hashes = { history: '#period=hour', world: '#period=hour', applications: '#period=hour' };

async function shoot(browser, daemon, viewport, list) {
	const visitor = await Visitor.to(browser, daemon, { viewport, isMobile: viewport == phone, hasTouch: viewport == phone });
	for (const [ name, page, hash ] of list) {
		await visitor.open(page, hash);
		await visitor.tab.waitForTimeout([ 'overview', 'flows' ].includes(name) ? 6000 : 1500);
		await visitor.tab.mouse.move(0, 0);
		const height = Math.min(await visitor.tab.evaluate(() => document.documentElement.scrollHeight), tallest[viewport.width]);
		const path = join(folder, `${name}-${viewport == phone ? 'phone' : 'desk'}.png`);
		await visitor.tab.screenshot({ path, fullPage: true, clip: { x: 0, y: 0, width: viewport.width, height } });
	}
	await visitor.close();
}

const daemon = await Daemon.start('screens', 'evening', '--pace', '10x', '--loop'), browser = await launch();
try {
	await sleep(settle * 1000);
	const all = pages.map(name => [ name, name, hashes[name] ]);
	await shoot(browser, daemon, wide, all.concat(await details(daemon)));
	await shoot(browser, daemon, phone, all);
}
finally {
	await browser.close();
	await daemon.stop();
}
