-- Which forms stand, and the targets for model wards.
SET LOCAL ROLE baocao_owner;

INSERT INTO baocao.form (kind, level, period_type, due_days, valid)
SELECT kind::baocao.kind, level::baocao.unit_level, period_type::baocao.period_type, 15, '[2005-01-01,)'
FROM (VALUES
	('festival_day', '{province,district,commune}', '{campaign,year}'),
	('social_support', '{department,province,district,commune}', '{month,quarter,half_year,year,campaign}'),
	('security_model', '{department,province,district,commune}', '{month,quarter,half_year,year,campaign}'),
	('commendation', '{department,province,district,commune}', '{month,quarter,half_year,year,campaign}'),
	('communication', '{department,province,district,commune}', '{month,quarter,half_year,year,campaign}'),
	('model_ward', '{commune}', '{month,quarter,half_year,year}'),
	('rural_security', '{province,district,commune}', '{half_year,year}')
) AS form (kind, levels, period_types),
	unnest(levels::text[]) AS level, unnest(period_types::text[]) AS period_type;

INSERT INTO baocao.target (measure, share, due, label_vi, label_en) VALUES
	('model_ward_share', 0.30, '2025-12-31', 'từ 30% số phường trở lên đạt kiểu mẫu', 'at least 30 % of wards at model status'),
	('model_ward_share', 1.00, '2030-12-31', '100% số phường đạt kiểu mẫu', 'all wards at model status');
