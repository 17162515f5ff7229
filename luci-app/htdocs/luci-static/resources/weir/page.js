'use strict';
'require baseclass';
'require view';
'require weir.api as api';
'require weir.format as format';
'require weir.parts as parts';
'require weir.state as state';

// The frame of every page: heading, sentence, what is live, and the states in
// which there is nothing to show.

const WORDS = { live: _('live'), paused: _('paused'), reconnecting: _('reconnecting') };
const PASSING = [ 'offline', 'timeout', 'busy' ]; // what the dot alone tells

// styled is settled when the style sheet is there, or is known not to be.
const styled = new Promise((done) => {
	const version = L.env.resource_version;

	document.head.appendChild(E('link', { 'rel': 'stylesheet', 'load': done, 'error': done,
		'href': L.resource('weir/weir.css') + (version ? '?v=' + version : '') }));
});

// headroom is what a theme's heading covers at the top, for the heads of lists.
function headroom() {
	const header = document.querySelector('header');

	return (header && (/sticky|fixed/).test(getComputedStyle(header).position)) ? header.offsetHeight + 'px' : '0px';
}

function dot(watch) {
	const word = E('span'), node = E('button', { 'type': 'button', 'class': 'weir-live', 'click': () => {
		if (watch.state == 'paused')
			watch.resume();
		else
			watch.pause();
	} }, [ E('i', { 'aria-hidden': 'true' }), word ]);

	watch.watch(() => {
		const text = (watch.state == 'live') ? WORDS.live : _('%s since %s').format(WORDS[watch.state], format.clock(watch.since));

		node.dataset.state = watch.state;
		node.title = (watch.state == 'paused') ? _('Go on') : _('Pause');
		node.setAttribute('aria-label', text + ', ' + node.title);
		word.textContent = text;
	});

	return node;
}

// trouble says what is wrong and offers the remedy; retry is run when that is done.
function trouble(e, retry) {
	const again = (n) => api.call('status').then(retry, (error) => {
		if (n == 0)
			throw error;

		return new Promise((done) => setTimeout(done, 1000)).then(() => again(n - 1));
	});

	return E('div', { 'class': 'alert-message ' + (e.code == 'stopped' ? 'warning' : 'danger'), 'role': 'alert' }, [
		E('h4', {}, [ e.message ]),
		e.hint ? E('p', {}, [ e.hint ]) : '',
		(e.code == 'stopped') ? parts.button(_('Start the service'), () => api.start().then(() => again(10)), 'apply') :
			(e.code == 'permission_denied') ? '' : parts.button(_('Try again'), retry)
	]);
}

// make builds the frame for one drawing of a page. What it polls ends when the node
// makes way for the next.
function make(spec, at, reload) {
	const back = (typeof(spec.back) == 'function') ? spec.back(at) : spec.back;
	const head = E('h2', { 'name': 'content', 'tabindex': '-1' }, [ spec.title ]);
	const sentence = E('p', { 'class': 'weir-say' }), tools = E('div', { 'class': 'weir-tools' });
	const alarm = E('div'), body = E('div', { 'class': 'weir-body' });
	const watches = [];

	const instead = (...nodes) => {
		watches.splice(0).forEach((w) => w.stop());
		tools.replaceChildren();
		body.replaceChildren(...nodes);
	};

	const frame = {
		node: E('div', {}, [
			back ? E('a', { 'class': 'weir-back', 'href': back.href }, [ '‹ ' + back.text ]) : '',
			E('div', { 'class': 'weir-head' }, [ head, tools ]), sentence, alarm, body
		]),
		body, reload,
		say(...nodes) { sentence.replaceChildren(...nodes.flat()); },
		title(text) { head.replaceChildren(...parts.list(text)); },
		add(...nodes) { body.append(...nodes.flat()); },
		tools(...nodes) { tools.prepend(...nodes.flat()); },
		live(watch) {
			watches.push(watch);
			tools.append(dot(watch));
			watch.watch(() => {
				const e = watch.error;

				alarm.replaceChildren(...(e && e.code && PASSING.indexOf(e.code) < 0 ? [ trouble(e, watch.now) ] : []));
				body.classList.toggle('weir-stale', watch.state == 'reconnecting');
			});

			return watch;
		},
		empty(text, href, linktext) {
			instead(E('p', { 'class': 'weir-empty' }, [ text, ' ', href ? E('a', { 'href': href }, [ linktext ]) : '' ]));
		},
		fail(e) {
			if (!e.code)
				console.error(e);

			instead(trouble(e, reload));

			if (e.code == 'stopped' || e.code == 'offline')
				watches.push(api.poll(body, 5, () => api.call('status').then(reload)));
		},
		wait() { body.replaceChildren(...(spec.skeleton || [ 60, 320 ]).map((height) => {
			const bone = E('div', { 'class': 'weir-bone' });

			bone.style.height = height + 'px';

			return bone;
		})); }
	};

	return frame;
}

function run(spec) {
	const node = E('div', { 'class': 'weir' });

	node.style.setProperty('--weir-top', headroom());

	let latest = 0, frame = null, was = {};

	const reload = () => {
		const mine = ++latest, at = state.get(), next = make(spec, at, reload);

		// The old picture stays until the new one is there; at first there are bones.
		if (!frame) {
			frame = next;
			next.wait();
			node.append(next.node);
		}

		node.setAttribute('aria-busy', 'true');

		return Promise.resolve(at).then((s) => spec.load ? spec.load(s) : null).then((reply) => {
			const zone = [ reply ].flat().map((r) => r && (r.zone ?? (r.clock && r.clock.zone))).find((z) => typeof(z) == 'number');

			if (zone != null)
				format.setZone(zone);

			return reply;
		}).then((reply) => [ reply ], (e) => e).then((outcome) => {
			if (mine != latest)
				return;

			const moved = Object.keys(Object.assign({}, was, at)).some((k) => k != 'tab' && was[k] != at[k]) && was.drawn;

			next.body.replaceChildren();
			node.replaceChildren(next.node);
			node.setAttribute('aria-busy', 'false');
			frame = next;
			was = Object.assign({ drawn: '1' }, at);

			if (Array.isArray(outcome))
				Promise.resolve().then(() => spec.draw(next, outcome[0], at)).catch(next.fail);
			else
				next.fail(outcome);

			if (moved) {
				window.scrollTo(0, 0);
				next.node.querySelector('h2').focus({ preventScroll: true });
			}
		});
	};

	reload();
	state.watch(node, (at) => {
		if (!spec.change || spec.change(frame, at) === false)
			reload();
	});

	return node;
}

function page(spec) {
	return view.extend({
		load: () => styled,
		render: () => run(spec),
		handleSave: null, handleSaveApply: null, handleReset: null
	});
}

return baseclass.extend({
	view: page, trouble,
	phrase: parts.phrase, card: parts.card, grid: parts.grid, number: parts.number, tabs: parts.tabs, facts: parts.facts, bars: parts.bars,
	notify: parts.notify, tell: parts.tell, button: parts.button, confirm: parts.confirm
});
