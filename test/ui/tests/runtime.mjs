// What pages are promised by LuCI, and by the runtime that stands in for it: these
// tests hold for both.
import assert from 'node:assert/strict';
import { still, visit } from '../rig.mjs';

const patterns = [
	[ '%d of %5d|%-5d|%05d', [ 1.9, 12, 7, 42 ], '1 of    12|7    |00042' ],
	[ '%x %X %08x %o %b %c', [ 255, 255, 48879, 8, 5, 65 ], 'ff FF 0000beef 10 101 A' ],
	[ '%f %.2f %8.3f', [ 1.5, 2, 3.14159 ], '1.5 2.00    3.142' ],
	[ '%s|%10s|%-10s|', [ 'a', 'b', 'c' ], 'a|         b|c         |' ],
	[ '%h %q', [ '<a href="x">\'&', '"\'' ], '&#60;a href=&#34;x&#34;&#62;&#39;&#38; &#34;&#39;' ],
	[ '%t %t', [ 59, 93784 ], '0h 0m 59s 1d 2h 3m 4s' ],
	[ '%m|%1024.2mB|%.1m', [ 1000, 1536, 1234567 ], '1000 |1.50 KiB|1.2 M' ],
	[ '100% of %d, 50%) %d', [ 7, 8 ], '1007f 8, 50%) %d' ],
	[ '%d%% of %u', [ 5, -1 ], '5% of 4294967295' ],
	[ '%d %s', [ 'x', null ], '0 null' ]
];

visit('runtime: format fills in as LuCI does', still, {}, async v => {
	await v.open('status');
	for (const [ pattern, args, want ] of patterns)
		assert.equal(await v.tab.evaluate(([ pattern, args ]) => pattern.format(...args), [ pattern, args ]), want, pattern);
});

visit('runtime: classes extend, override and call what they override', still, {}, async v => {
	await v.open('status');
	assert.deepEqual(await v.tab.evaluate(() => L.require('baseclass').then(Class => {
		const said = [];
		const A = Class.extend({ __name__: 'A', __init__(x) { this.x = x; }, hi(a) { return 'A' + a + this.x; }, colour: 'red' });
		const B = A.extend({ __init__(x) { this.super('__init__', [ x ]); said.push('B'); }, hi(a) { return 'B' + this.super('hi', [ a ]); }, colour: 'blue' });
		const C = B.extend({ hi() { return 'C' + this.super('hi', arguments); }, was() { return this.super('colour'); } });
		const c = new C(1);

		try { C(); } catch (e) { said.push(e.name); }
		said.push(c.hi(2), c.was(), c.colour, c instanceof A, A.isSubclass(B), B.isSubclass(A), new (A.extend({}))(5).x);
		said.push(Class.singleton({ n: 1 }).n, A.instantiate([ 3 ]).x, c.varargs([ 1, 2, 3 ], 1, 'first').join(), Object.keys(c).join());
		return said;
	})), [ 'B', 'TypeError', 'CBA21', 'blue', 'blue', true, true, false, 5, 1, 3, 'first,2,3', 'x' ]);
});

// The runtime sets a style through the object model, which writes it out anew.
const styled = html => process.env.WEIR_RIG ? html : html.replace('5px', '5px;');

visit('runtime: E() makes nodes as LuCI does', still, {}, async v => {
	await v.open('status');
	assert.deepEqual(await v.tab.evaluate(() => {
		let clicks = 0;
		const made = [
			E('b', {}, [ '<i>', null, 0, E('u') ]), E('b', {}, '<i>x</i>'), E('b', [ 'x' ]), E('<b><i>y</i></b>'), E('b', { 'title': null, 'data-x': { a: 1 }, 'hidden': true }),
			E('b', {}, n => [ n.nodeName ]), E('b', { 'style': 'color: red; width: 5px' })
		].map(node => node.outerHTML);
		const button = E('button', { 'click': () => clicks++ });
		const list = E('div', {}, [ E([ E('a'), E('p') ]), '' ]);

		button.click();
		made.push(clicks, list.children.length, L.dom.elem(list), L.dom.elem('x'), L.dom.matches(list, 'div'), L.dom.parent(list.firstChild, 'div') === list);
		L.dom.data(list, 'key', { n: 1 });
		made.push(L.dom.data(list, 'key').n, L.dom.isEmpty(list), L.dom.isEmpty(E('div')));
		L.dom.content(list, [ 'only' ]);
		made.push(list.childNodes.length, list.textContent);
		return made;
	}), [
		'<b>&lt;i&gt;null0<u></u></b>', '<b><i>x</i></b>', '<b>x</b>', '<b><i>y</i></b>', '<b data-x="{&quot;a&quot;:1}" hidden="true"></b>',
		'<b>B</b>', styled('<b style="color: red; width: 5px"></b>'),
		1, 2, true, false, true, true, 1, false, true, 1, 'only'
	]);
});

// An interceptor of weir.api turns failures of the object weir into our words.
visit('runtime: calls go out together, and fail as declared', still, {}, async v => {
	await v.open('status');
	const sent = [];
	v.tab.on('request', r => r.method() == 'POST' && sent.push(r.postDataJSON()));
	const said = await v.tab.evaluate(() => L.require('rpc').then(rpc => {
		const status = rpc.declare({ object: 'weir', method: 'status', expect: { version: '' }, reject: true });
		const flows = rpc.declare({ object: 'weir', method: 'flows', params: [ 'limit' ], expect: { flows: [] }, filter: (list, params, own) => [ list.length, params.limit, own ] });
		const strict = rpc.declare({ object: 'weir', method: 'flows', params: [ 'limit' ], reject: true });
		const wrong = rpc.declare({ object: 'weir', method: 'status', expect: { version: [] } });
		const nobody = rpc.declare({ object: 'nobody', method: 'flows', expect: { '': {} } });
		const alone = rpc.declare({ object: 'weir', method: 'status', nobatch: true });
		const named = rpc.declare({ object: 'weir', method: 'flows', params: { limit: 0 }, expect: { total: 0 } });
		const told = promise => promise.then(value => value, error => `${error.name}: ${error.message.split('\n')[0]}`);

		return Promise.all([ status().then(version => typeof(version)), flows(2, 'mine'), told(strict('many')), wrong(), told(nobody()), alone().then(reply => typeof(reply.uptime)), named({ limit: 1, other: 2 }).then(n => n > 0) ]);
	}));
	assert.deepEqual(said, [ 'string', [ 2, 2, 'mine' ], 'Error: flows: argument limit must be of type int, not "many"', [],
		'RPCError: RPC call to nobody/flows failed with error -32000: Object not found', 'number', true ]);
	const mine = sent.filter(body => JSON.stringify(body).includes('"limit"') || !Array.isArray(body) && body.params?.[2] == 'status');
	assert.deepEqual(mine.map(body => Array.isArray(body) ? body.length : 1).sort(), [ 1, 6 ]);
});

visit('runtime: dialogs, notes and buttons', still, {}, async v => {
	await v.open('status');
	await v.tab.evaluate(() => L.require('ui').then(ui => {
		ui.showModal('Title <b>', [ E('p', {}, [ 'Text' ]), E('div', { 'class': 'right' }, [ E('button', { 'class': 'btn', 'click': ui.hideModal }, [ 'Close it' ]) ]) ], 'wide');
	}));
	const dialog = v.tab.getByRole('dialog');
	await dialog.waitFor();
	assert.equal(await dialog.getAttribute('class'), 'modal wide');
	await v.tab.keyboard.press('Escape');
	await dialog.waitFor({ state: 'hidden' });
	await v.tab.evaluate(() => L.require('ui').then(ui => { ui.addNotification('Note', E('p', {}, [ 'It went well.' ]), 'info'); }));
	const note = v.tab.locator('.alert-message.info', { hasText: 'It went well.' });
	await note.getByRole('button', { name: 'Dismiss' }).click();
	const states = await v.tab.evaluate(() => L.require('ui').then(ui => {
		let done;
		const button = E('button', { 'click': ui.createHandlerFn({ go(a, ev) { this.got = [ a, ev.type ]; return new Promise(resolve => { done = resolve; }); } }, 'go', 'first') });
		const state = () => [ button.disabled, button.classList.contains('spinning') ];

		button.click();
		const during = state();
		done();
		return new Promise(resolve => setTimeout(() => resolve([ during, state() ]), 50));
	}));
	assert.deepEqual(states, [ [ true, true ], [ false, false ] ]);
});

visit('runtime: tabs show one pane', still, {}, async v => {
	await v.open('status');
	await v.tab.evaluate(() => L.require('ui').then(ui => {
		const panes = E('div', {}, [ E('div', { 'data-tab': 'one', 'data-tab-title': 'First' }, [ E('p', {}, [ 'pane one' ]) ]), E('div', { 'data-tab': 'two', 'data-tab-title': 'Second' }, [ E('p', {}, [ 'pane two' ]) ]) ]);

		document.querySelector('#view').prepend(E('div', { 'id': 'tried' }, [ panes ]));
		ui.tabs.initTabGroup(panes.childNodes);
	}));
	const active = () => v.tab.locator('#tried [data-tab-active="true"]').evaluateAll(panes => panes.map(pane => pane.dataset.tab));
	assert.deepEqual(await active(), [ 'one' ]);
	await v.tab.locator('#tried .cbi-tabmenu').getByText('Second').click();
	assert.deepEqual(await active(), [ 'two' ]);
	assert.deepEqual(await v.tab.locator('#tried .cbi-tabmenu > li').evaluateAll(all => all.map(li => li.className)), [ 'cbi-tab-disabled', 'cbi-tab' ]);
});

visit('runtime: L and its addresses', still, {}, async v => {
	await v.open('status');
	const [ said, script ] = await v.tab.evaluate(() => Promise.all([ L.resolveDefault(Promise.reject(new Error('x')), 7), L.require('poll') ]).then(([ seven, poll ]) => {
		const fn = () => Promise.resolve();

		return [ [
			seven, L.toArray(null), L.toArray(' a  b '), L.toArray([ 1 ]), L.toArray({ a: 1 }), L.isObject([]), L.isObject('x'),
			L.sortedKeys({ b10: 1, b9: 2, a: 3 }), L.sortedArray('10 9 b a'), L.naturalCompare('a9', 'a10'), L.hasViewPermission(), L.bind(function(a, b) { return this.n + a + b; }, { n: 1 }, 2)(3),
			poll.add(fn, 60), poll.add(fn, 60), poll.active(), poll.remove(fn), poll.remove(fn), L.loaded,
			L.url('admin/weir', 'flows'), L.url('admin/weir', [ 'a', 'b' ], '?x=1'), L.resource('weir/weir.css'), L.url('<bad>')
		], L.env.scriptname ];
	}));
	assert.deepEqual(said, [
		7, [], [ 'a', 'b' ], [ 1 ], [ { a: 1 } ], true, false, [ 'a', 'b9', 'b10' ], [ '9', '10', 'a', 'b' ], -1, true, 6,
		true, false, true, true, false, true,
		script + '/admin/weir/flows', script + '/admin/weir/a/b?x=1', '/luci-static/resources/weir/weir.css', script + '/'
	]);
});
