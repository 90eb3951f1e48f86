-- query: view
-- table: ab_view_menu
-- needs: ab_view_menu.name ab_permission_view.view_menu_id ab_permission_view_role.role_id ab_role.name
SELECT view.name AS item, view.name AS value, count(DISTINCT role.id) AS amount, min(role.name) AS role
FROM ab_view_menu AS view
JOIN ab_permission_view AS permission ON permission.view_menu_id = view.id
JOIN ab_permission_view_role AS given ON given.permission_view_id = permission.id
JOIN ab_role AS role ON role.id = given.role_id
WHERE role.name NOT IN ('Admin', 'Op', 'User', 'Viewer', 'Public')
GROUP BY view.name
