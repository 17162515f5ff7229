import './text.js';
import { classes } from './classes.js';
import { LuCI } from './luci.js';
import { Poll } from './poll.js';
import { findPage, buildTree, renderMenu } from './menu.js';

const given = JSON.parse(document.querySelector('meta[name="weir"]').content);
const tree = buildTree(given.menu);
const base = given.base;
const asked = decodeURI(location.pathname).substring(base.length).split('/').filter(part => part != '');
const page = findPage(tree, asked);

window.LuCI = LuCI;
window.L = new LuCI({
	base_url: base + '/luci-static/resources',
	resource: base + '/luci-static/resources',
	resource_version: given.version,
	media: base + '/luci-static/weir',
	scriptname: base,
	cgi_base: base,
	ubuspath: base + '/ubus/',
	documentroot: '/www',
	pathinfo: '/' + asked.join('/'),
	requestpath: asked.length ? asked : page.path,
	dispatchpath: page.path,
	pollinterval: 5,
	sessionid: given.session,
	token: given.session,
	nodespec: page.node,
	menu: tree
});

// A page that is gone, or never was, is said to be so.
function showPage(ui) {
	document.title = 'weir' + (page.node.title ? ' | ' + _(page.node.title) : '');
	document.body.setAttribute('data-page', page.path.join('-'));
	renderMenu(ui, tree, page.path);
	if (page.node.action?.type == 'view')
		return ui.instantiateView(page.node.action.path);
	L.dom.content(document.getElementById('view'), E('p', {}, [ _('There is no such page.') ]));
}

Promise.all([ L.require('ui'), L.require('rpc') ]).then(([ ui, rpc ]) => {
	rpc.setBaseURL(L.env.ubuspath);
	rpc.addInterceptor((msg, req) => {
		if (msg?.error?.code != -32002 || !L.isObject(req) || req.object == 'session' && req.method == 'access')
			return;
		return rpc.declare({
			object: 'session',
			method: 'access',
			params: [ 'scope', 'object', 'function' ],
			expect: { access: true }
		})('uci', 'luci', 'read').catch(L.notifySessionExpiry);
	});
	L.Request.addInterceptor(res => {
		if (res.status == 403 && res.headers.get('X-LuCI-Login-Required') == 'yes')
			L.notifySessionExpiry();
	});
	document.addEventListener('poll-start', () => ui.showIndicator('poll-status', _('Refreshing'),
		() => Poll.active() ? Poll.stop() : Poll.start()));
	document.addEventListener('poll-stop', () => ui.showIndicator('poll-status', _('Paused'), null, 'inactive'));

	const shown = showPage(ui);

	Poll.start();
	L.loaded = true;
	document.dispatchEvent(new CustomEvent('luci-loaded'));
	return shown;
}).catch(L.error);
