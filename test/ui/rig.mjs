// What the tests share: one browser, and daemons that are started when a test
// first asks for them.
import { after, test } from 'node:test';
import { launch, Visitor } from './browser.mjs';

// Another module may be named that knows another way to serve the pages, such as
// a real LuCI: it exports a class like Daemon.
const { Daemon } = await import(process.env.WEIR_RIG ?? './daemon.mjs');

const ends = [];

function shared(make, end) {
	let made = null;

	return () => {
		if (made == null) {
			made = make();
			ends.push(() => made.then(end, () => {}));
		}
		return made;
	};
}

after(() => Promise.all(ends.reverse().map(end => end())));

export const browser = shared(launch, b => b.close());

async function read(name, capture) {
	const d = await Daemon.start(name, capture);
	await d.ended();
	return d;
}

// still has read the evening, and what it tells stays as it is.
export const still = shared(() => read('still', 'evening'), d => d.stop());

// replay lives through the evening again and again, ten times as fast.
export const replay = shared(() => Daemon.start('replay', 'evening', '--pace', '10x', '--loop'), d => d.stop());

// crowd has a full table of flows.
export const crowd = shared(() => read('crowd', 'crowd'), d => d.stop());

// nothing has read a capture without a packet.
export const nothing = shared(() => read('nothing', 'nothing'), d => d.stop());

// changed has read the evening, too, and may be changed by tests.
export const changed = shared(() => read('changed', 'evening'), d => d.stop());

// own starts a daemon that a test may change or stop; the test ends it.
export const own = (name, capture, ...options) => Daemon.start(name, capture, ...options);

// visit is a test in which somebody has logged in to a daemon.
export function visit(name, daemon, options, run) {
	test(name, async context => {
		const visitor = await Visitor.to(await browser(), await daemon(), options);
		try {
			await run(visitor, context);
			visitor.fine();
		}
		catch (error) {
			if (visitor.faults.length)
				error.stack += '\nand on the page: ' + visitor.faults.join('\n');
			throw error;
		}
		finally {
			await visitor.close();
		}
	});
}
