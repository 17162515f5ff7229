// What the modules promise that pages share, apart from any page.
import assert from 'node:assert/strict';
import { still, visit } from '../rig.mjs';

const numbers = [
	[ 'rate', 0, '0 bit/s' ], [ 'rate', 999, '999 bit/s' ], [ 'rate', 42_100_000, '42.1 Mbit/s' ], [ 'rate', 999_600, '1.00 Mbit/s' ],
	[ 'bytes', 512, '512 B' ], [ 'bytes', 5_104_233_871, '5.10 GB' ], [ 'bytes', null, '–' ],
	[ 'count', 214, '214' ], [ 'count', 12_345, '12,345' ], [ 'count', 1_234_567, '1.23 M' ],
	[ 'percent', 74, '74 %' ], [ 'percent', 0.4, '0.4 %' ], [ 'percent', 99.97, '99.9 %' ], [ 'percent', 0.01, '< 0.1 %' ],
	[ 'trend', 18, '+18 %' ], [ 'trend', -3, '−3 %' ], [ 'ms', 14.2, '14.2 ms' ], [ 'ms', 1310, '1.31 s' ],
	[ 'duration', 12, '12 s' ], [ 'duration', 290, '4 min 50 s' ], [ 'duration', 7800, '2 h 10 min' ], [ 'duration', 273_600, '3 d 4 h' ]
];

visit('format: numbers as people read them', still, {}, async v => {
	await v.open('status');
	for (const [ name, value, want ] of numbers)
		assert.equal(await v.format(name, value), want, `${name}(${value})`);
});

const filters = [
	[ 'netflix', { text: 'netflix' } ], [ 'app:netflix country:DE', { app: 'netflix', country: 'DE' } ],
	[ 'port:443 proto:udp', { port: '443', proto: 'udp' } ], [ '>10MB', { min_bytes: 10_000_000 } ],
	[ 'in:wan anna', { uplink: 'wan', text: 'anna' } ], [ 'host:"living room"', { host: 'living room' } ]
];

visit('filter: words become arguments', still, {}, async v => {
	await v.open('status');
	for (const [ text, want ] of filters) {
		const args = await v.tab.evaluate(text => L.require('weir.filter').then(f => f.parse(text).args), text);
		assert.deepEqual(Object.fromEntries(Object.entries(args).map(([ k, x ]) => [ k, String(x) ])),
			Object.fromEntries(Object.entries(want).map(([ k, x ]) => [ k, String(x) ])), text);
	}
});

visit('state: what an address says comes back', still, {}, async v => {
	await v.open('status', '#a=1&b=%C3%BC%26%3D&%zz=2');
	const said = await v.tab.evaluate(() => L.require('weir.state').then(state => {
		const before = state.get();
		state.set({ a: null, c: 'x y' }, true);
		return { before, after: state.get(), hash: location.hash };
	}));
	assert.deepEqual(said, { before: { a: '1', b: 'ü&=' }, after: { b: 'ü&=', c: 'x y' }, hash: '#b=%C3%BC%26%3D&c=x%20y' });
});
