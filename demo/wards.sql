-- The five pilot wards with their districts, as of before the reform of 2025. Which ward was the pilot is known for
-- Hồ Chí Minh City only (Tân Chánh Hiệp); the other four stand for theirs.
SELECT baocao.add_unit(code, 'district', 'urban_district', name, parent, '2008-08-01', '2025-03-01')
FROM (VALUES ('001', 'Quận Ba Đình', '01'), ('303', 'Quận Hồng Bàng', '31'), ('492', 'Quận Hải Châu', '48'),
	('761', 'Quận 12', '79'), ('916', 'Quận Ninh Kiều', '92')) AS district(code, name, parent);
SELECT baocao.add_unit(code, 'commune', 'ward', name, parent, '2008-08-01', '2025-03-01')
FROM (VALUES ('00004', 'Phường Trúc Bạch', '001'), ('11296', 'Phường Quán Toan', '303'), ('20242', 'Phường Phước Ninh', '492'),
	('26776', 'Phường Tân Chánh Hiệp', '761'), ('31117', 'Phường Cái Khế', '916')) AS ward(code, name, parent);
