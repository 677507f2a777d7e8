-- Made from the contract by baocao-contract sql; every word of it comes from there.
SET LOCAL ROLE baocao_owner;

CREATE TYPE baocao."period_type" AS ENUM (
	'day',
	'week',
	'month',
	'quarter',
	'half_year',
	'year',
	'campaign'
);
COMMENT ON TYPE baocao."period_type" IS 'loại kỳ báo cáo (type of period). How long a period lasts. The first day is free: the state''s reporting year may run from 15 December to 14 December. Values: day = ngày (day); week = tuần (week); month = tháng (month); quarter = quý (quarter); half_year = sáu tháng (half year); year = năm (year); campaign = đợt, chiến dịch (campaign).';

CREATE TYPE baocao."precision" AS ENUM (
	'exact',
	'estimate',
	'at_least',
	'at_most'
);
COMMENT ON TYPE baocao."precision" IS 'độ chính xác (precision). How sure the figures of a report are. Values: exact = chính xác (exact); estimate = ước tính (estimate); at_least = ít nhất (at least); at_most = nhiều nhất (at most).';

CREATE TYPE baocao."venue_kind" AS ENUM (
	'commune',
	'ward',
	'township',
	'special_zone',
	'residential_area',
	'agency',
	'enterprise',
	'school'
);
COMMENT ON TYPE baocao."venue_kind" IS 'loại điểm tổ chức (kind of venue). Where a festival day was held. Values: commune = xã (commune); ward = phường (ward); township = thị trấn (township); special_zone = đặc khu (special zone); residential_area = khu dân cư (residential area); agency = cơ quan (agency); enterprise = doanh nghiệp (enterprise); school = nhà trường (school).';

CREATE TYPE baocao."activity_kind" AS ENUM (
	'civic_outreach',
	'gift_visit',
	'orphan_care',
	'bridge_building',
	'house_building',
	'poor_support',
	'free_medical',
	'scholarship',
	'other'
);
COMMENT ON TYPE baocao."activity_kind" IS 'loại hoạt động (kind of activity). What was done for people. Values: civic_outreach = dân vận (civic outreach); gift_visit = thăm hỏi, tặng quà (gift visit); orphan_care = hỗ trợ chăm sóc trẻ mồ côi (orphan care); bridge_building = xây cầu (bridge building); house_building = xây nhà tình nghĩa (house building); poor_support = ủng hộ người nghèo (support of the poor); free_medical = khám bệnh, phát thuốc miễn phí (free medical care); scholarship = học bổng, tiếp sức đến trường (scholarship); other = hoạt động khác (other activity).';

CREATE TYPE baocao."beneficiary_kind" AS ENUM (
	'general',
	'policy_family',
	'poor_household',
	'orphan',
	'comrade',
	'individual',
	'exemplary_person',
	'effective_model'
);
COMMENT ON TYPE baocao."beneficiary_kind" IS 'đối tượng thụ hưởng (kind of beneficiary). Who received it. Values: general = nhân dân (people in general); policy_family = gia đình chính sách (policy family); poor_household = hộ nghèo (poor household); orphan = trẻ mồ côi (orphan); comrade = đồng chí, đồng đội (comrade); individual = cá nhân (individual); exemplary_person = điển hình tiên tiến (exemplary person); effective_model = mô hình hiệu quả (effective model).';

CREATE TYPE baocao."model_kind" AS ENUM (
	'listening_forum',
	'security_camera',
	'drug_free_border_commune',
	'fire_safety_team',
	'zalo_security',
	'self_managed_railway',
	'self_managed_group',
	'other'
);
COMMENT ON TYPE baocao."model_kind" IS 'loại mô hình (kind of model). What a model of the movement does. New ones appear each year: other, with its name, takes them. Values: listening_forum = Công an lắng nghe ý kiến Nhân dân (listening forum); security_camera = Camera an ninh (security camera); drug_free_border_commune = Xã biên giới sạch về ma túy (drug-free border commune); fire_safety_team = Tổ liên kết an toàn PCCC (fire safety team); zalo_security = Zalo an ninh (Zalo security); self_managed_railway = Đường sắt tự quản (self-managed railway); self_managed_group = Tổ tự quản về an ninh trật tự (self-managed group); other = mô hình khác (other model).';

CREATE TYPE baocao."model_ward_stage" AS ENUM (
	'pilot',
	'registered',
	'inspected',
	'recognised',
	'revoked'
);
COMMENT ON TYPE baocao."model_ward_stage" IS 'giai đoạn (stage of a model ward). How far a ward police station has come on its way to model status. Values: pilot = thí điểm (pilot); registered = đăng ký (registered); inspected = đã kiểm tra, chấm điểm (inspected); recognised = được công nhận (recognised); revoked = bị thu hồi công nhận (revoked).';

CREATE TYPE baocao."rural_level" AS ENUM (
	'none',
	'standard',
	'advanced',
	'model'
);
COMMENT ON TYPE baocao."rural_level" IS 'mức đạt (level reached). The highest level of the new-rural programme whose security criterion the unit meets; the levels are nested. Values: none = chưa đạt (not met); standard = đạt chuẩn (standard); advanced = nâng cao (advanced); model = kiểu mẫu (model).';

CREATE TYPE baocao."subject_kind" AS ENUM (
	'residential_area',
	'agency',
	'enterprise',
	'school'
);
COMMENT ON TYPE baocao."subject_kind" IS 'loại đối tượng đăng ký (kind of registering subject). Who registers for the standard "safe in security and order" (Circular 124/2021/TT-BCA). Values: residential_area = khu dân cư (residential area); agency = cơ quan (agency); enterprise = doanh nghiệp (enterprise); school = nhà trường (school).';

CREATE TYPE baocao."award_level" AS ENUM (
	'state_medal',
	'pm_commendation',
	'government_flag',
	'ministry_flag',
	'ministry_commendation',
	'province_commendation',
	'police_director_certificate',
	'local_certificate',
	'movement_medal'
);
COMMENT ON TYPE baocao."award_level" IS 'hình thức khen thưởng (level of award). Who gives the award, from the highest down. Values: state_medal = Huân chương (state medal); pm_commendation = Bằng khen của Thủ tướng Chính phủ (commendation of the Prime Minister); government_flag = Cờ thi đua của Chính phủ (emulation flag of the government); ministry_flag = Cờ thi đua của Bộ Công an (emulation flag of the ministry); ministry_commendation = Bằng khen của Bộ trưởng Bộ Công an (commendation of the minister); province_commendation = Bằng khen của UBND cấp tỉnh (commendation of the province); police_director_certificate = Giấy khen của Giám đốc Công an (certificate of the police director); local_certificate = Giấy khen cấp huyện, cấp xã (local certificate); movement_medal = Kỷ niệm chương Bảo vệ an ninh Tổ quốc (medal of the movement).';

CREATE TYPE baocao."recipient_kind" AS ENUM (
	'collective',
	'individual'
);
COMMENT ON TYPE baocao."recipient_kind" IS 'đối tượng được khen (kind of recipient). Who receives the award. Values: collective = tập thể (collective); individual = cá nhân (individual).';

CREATE TYPE baocao."channel" AS ENUM (
	'meeting',
	'press',
	'radio',
	'television',
	'online',
	'social_network',
	'print'
);
COMMENT ON TYPE baocao."channel" IS 'kênh tuyên truyền (channel). The way by which the people were reached. Values: meeting = tuyên truyền miệng, họp dân (meeting); press = báo in (press); radio = phát thanh, loa truyền thanh (radio); television = truyền hình (television); online = báo điện tử, cổng thông tin (online); social_network = mạng xã hội (social network); print = tờ rơi, băng rôn, pa nô (leaflet and poster).';

CREATE TYPE baocao."kind" AS ENUM (
	'festival_day',
	'social_support',
	'security_model',
	'model_ward',
	'rural_security',
	'commendation',
	'communication',
	'withdrawal'
);
COMMENT ON TYPE baocao."kind" IS 'loại báo cáo (kind of report). Which form a report fills in. Numbers and names are those of Report.body. Values: festival_day = Ngày hội toàn dân bảo vệ an ninh Tổ quốc (festival day); social_support = dân vận, xã hội tình nghĩa (social support); security_model = mô hình phong trào (security models); model_ward = Công an phường kiểu mẫu (model ward police); rural_security = tiêu chí 19.2 nông thôn mới (rural security criterion); commendation = khen thưởng (commendation); communication = tuyên truyền (communication); withdrawal = rút báo cáo (withdrawal).';

CREATE TABLE baocao."report" (
	"report_no" bigint NOT NULL,
	"top_unit_id" integer NOT NULL,
	"unit_id" integer NOT NULL,
	"kind" baocao.kind NOT NULL,
	"body" baocao.kind NOT NULL,
	"unit_code" text NOT NULL,
	"period_type" baocao.period_type NOT NULL,
	"period_first" date NOT NULL,
	"period_last" date NOT NULL,
	"revision" integer NOT NULL,
	"precision" baocao.precision NOT NULL,
	"filed_at" timestamptz,
	"received_at" timestamptz NOT NULL,
	"collector_id" integer NOT NULL,
	"content_digest" bytea NOT NULL,
	CONSTRAINT "report_pkey" PRIMARY KEY (top_unit_id, report_no),
	CONSTRAINT report_natural_key UNIQUE (top_unit_id, kind, period_last, period_first, period_type, unit_id, revision)
);
COMMENT ON TABLE baocao."report" IS 'báo cáo (report). One filing: a unit, a kind, a period, a revision, and the kind''s body.';
COMMENT ON COLUMN baocao."report"."report_no" IS 'số báo cáo (report number). The number of the stored report; names it in receipts.';
COMMENT ON COLUMN baocao."report"."top_unit_id" IS 'tỉnh hoặc cục (top unit). The province or department that the reporting unit hangs under; leads every key so that tables can be distributed.';
COMMENT ON COLUMN baocao."report"."unit_id" IS 'đơn vị (unit). The unit that the code meant on the last day of the period.';
COMMENT ON COLUMN baocao."report"."kind" IS 'loại báo cáo (kind). The kind of the natural key; a withdrawal carries the kind that it withdraws.';
COMMENT ON COLUMN baocao."report"."body" IS 'nội dung (body). The kind whose tables hold the body: the kind itself, or withdrawal.';
COMMENT ON COLUMN baocao."report"."unit_code" IS 'mã đơn vị (unit code). Code of the reporting unit as of the last day of the period; codes are used again, so code and date identify a unit.';
COMMENT ON COLUMN baocao."report"."period_type" IS 'loại kỳ (type of period). Type of the period.';
COMMENT ON COLUMN baocao."report"."period_first" IS 'ngày đầu kỳ (first day). First day of the period.';
COMMENT ON COLUMN baocao."report"."period_last" IS 'ngày cuối kỳ (last day). Last day of the period.';
COMMENT ON COLUMN baocao."report"."revision" IS 'lần báo cáo (revision). 1 for the first filing; a correction is the next number. The highest one counts, all are kept.';
COMMENT ON COLUMN baocao."report"."precision" IS 'độ chính xác (precision). How sure the figures are.';
COMMENT ON COLUMN baocao."report"."filed_at" IS 'thời điểm lập (filed at). When the collector made the report; not part of its content.';
COMMENT ON COLUMN baocao."report"."received_at" IS 'thời điểm nhận (received at). When the server received the report.';
COMMENT ON COLUMN baocao."report"."collector_id" IS 'bên gửi (collector). The registered sender, known by its key.';
COMMENT ON COLUMN baocao."report"."content_digest" IS 'dấu vân nội dung (content digest). BLAKE2b-256 over the canonical form of natural key and body; tells a repeat from a conflict.';
GRANT INSERT ON baocao."report" TO baocao_ingest;
GRANT SELECT ON baocao.report TO baocao_ingest;
GRANT SELECT ON baocao."report" TO baocao_analyst;

CREATE TABLE baocao."report_raw" (
	"top_unit_id" integer NOT NULL,
	"report_no" bigint NOT NULL,
	"raw" bytea NOT NULL,
	CONSTRAINT "report_raw_pkey" PRIMARY KEY (top_unit_id, report_no),
	CONSTRAINT "report_raw_report_fkey" FOREIGN KEY (top_unit_id, report_no) REFERENCES baocao.report
);
COMMENT ON TABLE baocao."report_raw" IS 'bản gốc của báo cáo (raw report). Every stored report as it was received, byte for byte.';
COMMENT ON COLUMN baocao."report_raw"."top_unit_id" IS 'tỉnh hoặc cục (top unit). The province or department that the reporting unit hangs under; leads every key so that tables can be distributed.';
COMMENT ON COLUMN baocao."report_raw"."report_no" IS 'số báo cáo (report number). The report that this belongs to.';
COMMENT ON COLUMN baocao."report_raw"."raw" IS 'bản gốc (raw bytes). The report as received, unknown fields included.';
GRANT INSERT ON baocao."report_raw" TO baocao_ingest;

CREATE TABLE baocao."festival_day" (
	"top_unit_id" integer NOT NULL,
	"report_no" bigint NOT NULL,
	"points_planned" bigint NOT NULL,
	"points_held" bigint NOT NULL,
	"attendees" bigint,
	"forums_held" bigint,
	CONSTRAINT "festival_day_pkey" PRIMARY KEY (top_unit_id, report_no),
	CONSTRAINT "festival_day_report_fkey" FOREIGN KEY (top_unit_id, report_no) REFERENCES baocao.report
);
COMMENT ON TABLE baocao."festival_day" IS 'Ngày hội toàn dân bảo vệ an ninh Tổ quốc (festival day of all-people national security). The festival day of all-people national security: 19 August, held through a season of weeks before it.';
COMMENT ON COLUMN baocao."festival_day"."top_unit_id" IS 'tỉnh hoặc cục (top unit). The province or department that the reporting unit hangs under; leads every key so that tables can be distributed.';
COMMENT ON COLUMN baocao."festival_day"."report_no" IS 'số báo cáo (report number). The report that this belongs to.';
COMMENT ON COLUMN baocao."festival_day"."points_planned" IS 'số điểm cấp xã theo kế hoạch (points planned). Commune-level points that the plan asked for. Measure: point.';
COMMENT ON COLUMN baocao."festival_day"."points_held" IS 'số điểm cấp xã đã tổ chức (points held). Commune-level points that held the day; equals the sum of the commune-level venues. Measure: point.';
COMMENT ON COLUMN baocao."festival_day"."attendees" IS 'số người tham dự (attendees). People who came, over all venues. Measure: person.';
COMMENT ON COLUMN baocao."festival_day"."forums_held" IS 'số diễn đàn Công an lắng nghe ý kiến Nhân dân (forums held). Forums at which the police listened to the people. Measure: forum.';
GRANT INSERT ON baocao."festival_day" TO baocao_ingest;
GRANT SELECT ON baocao."festival_day" TO baocao_analyst;

CREATE TABLE baocao."festival_day_venue" (
	"top_unit_id" integer NOT NULL,
	"report_no" bigint NOT NULL,
	"line_no" integer NOT NULL,
	"venue_kind" baocao.venue_kind NOT NULL,
	"planned" bigint,
	"held" bigint NOT NULL,
	"attendees" bigint,
	CONSTRAINT "festival_day_venue_pkey" PRIMARY KEY (top_unit_id, report_no, line_no),
	CONSTRAINT "festival_day_venue_report_fkey" FOREIGN KEY (top_unit_id, report_no) REFERENCES baocao.report
);
COMMENT ON TABLE baocao."festival_day_venue" IS 'điểm tổ chức theo loại (venues by kind). The venues, one line for each kind.';
COMMENT ON COLUMN baocao."festival_day_venue"."top_unit_id" IS 'tỉnh hoặc cục (top unit). The province or department that the reporting unit hangs under; leads every key so that tables can be distributed.';
COMMENT ON COLUMN baocao."festival_day_venue"."report_no" IS 'số báo cáo (report number). The report that this belongs to.';
COMMENT ON COLUMN baocao."festival_day_venue"."line_no" IS 'số dòng (line number). Place of the line in the report, from 1.';
COMMENT ON COLUMN baocao."festival_day_venue"."venue_kind" IS 'loại điểm (kind of venue). Which kind of venue the line counts.';
COMMENT ON COLUMN baocao."festival_day_venue"."planned" IS 'số điểm theo kế hoạch (venues planned). Venues of this kind that the plan asked for. Measure: venue.';
COMMENT ON COLUMN baocao."festival_day_venue"."held" IS 'số điểm đã tổ chức (venues held). Venues of this kind that held the day. Measure: venue.';
COMMENT ON COLUMN baocao."festival_day_venue"."attendees" IS 'số người tham dự (attendees). People who came to venues of this kind. Measure: person.';
GRANT INSERT ON baocao."festival_day_venue" TO baocao_ingest;
GRANT SELECT ON baocao."festival_day_venue" TO baocao_analyst;

CREATE TABLE baocao."social_support_activity" (
	"top_unit_id" integer NOT NULL,
	"report_no" bigint NOT NULL,
	"line_no" integer NOT NULL,
	"activity_kind" baocao.activity_kind NOT NULL,
	"activities" bigint,
	"quantity" bigint,
	"value_vnd" bigint,
	"beneficiary_kind" baocao.beneficiary_kind NOT NULL,
	"beneficiaries" bigint,
	CONSTRAINT "social_support_activity_pkey" PRIMARY KEY (top_unit_id, report_no, line_no),
	CONSTRAINT "social_support_activity_report_fkey" FOREIGN KEY (top_unit_id, report_no) REFERENCES baocao.report
);
COMMENT ON TABLE baocao."social_support_activity" IS 'hoạt động (activities). What was done, one line for each kind of activity and kind of beneficiary.';
COMMENT ON COLUMN baocao."social_support_activity"."top_unit_id" IS 'tỉnh hoặc cục (top unit). The province or department that the reporting unit hangs under; leads every key so that tables can be distributed.';
COMMENT ON COLUMN baocao."social_support_activity"."report_no" IS 'số báo cáo (report number). The report that this belongs to.';
COMMENT ON COLUMN baocao."social_support_activity"."line_no" IS 'số dòng (line number). Place of the line in the report, from 1.';
COMMENT ON COLUMN baocao."social_support_activity"."activity_kind" IS 'loại hoạt động (kind of activity). What was done.';
COMMENT ON COLUMN baocao."social_support_activity"."activities" IS 'số hoạt động (activities). How many activities. Measure: activity.';
COMMENT ON COLUMN baocao."social_support_activity"."quantity" IS 'số lượng (quantity). How many things were given or built: gifts, bridges, houses, visits, as the kind says. Measure: piece.';
COMMENT ON COLUMN baocao."social_support_activity"."value_vnd" IS 'giá trị (đồng) (value). What it was worth. Measure: VND.';
COMMENT ON COLUMN baocao."social_support_activity"."beneficiary_kind" IS 'đối tượng thụ hưởng (kind of beneficiary). Whom it was for.';
COMMENT ON COLUMN baocao."social_support_activity"."beneficiaries" IS 'số đối tượng thụ hưởng (beneficiaries). How many received it; a count only. Measure: person.';
GRANT INSERT ON baocao."social_support_activity" TO baocao_ingest;
GRANT SELECT ON baocao."social_support_activity" TO baocao_analyst;

CREATE TABLE baocao."security_model_model" (
	"top_unit_id" integer NOT NULL,
	"report_no" bigint NOT NULL,
	"line_no" integer NOT NULL,
	"model_kind" baocao.model_kind NOT NULL,
	"model_name" text NOT NULL,
	"launched" bigint,
	"active" bigint NOT NULL,
	"members" bigint,
	CONSTRAINT "security_model_model_pkey" PRIMARY KEY (top_unit_id, report_no, line_no),
	CONSTRAINT "security_model_model_report_fkey" FOREIGN KEY (top_unit_id, report_no) REFERENCES baocao.report
);
COMMENT ON TABLE baocao."security_model_model" IS 'mô hình (models). The models, one line for each kind and name.';
COMMENT ON COLUMN baocao."security_model_model"."top_unit_id" IS 'tỉnh hoặc cục (top unit). The province or department that the reporting unit hangs under; leads every key so that tables can be distributed.';
COMMENT ON COLUMN baocao."security_model_model"."report_no" IS 'số báo cáo (report number). The report that this belongs to.';
COMMENT ON COLUMN baocao."security_model_model"."line_no" IS 'số dòng (line number). Place of the line in the report, from 1.';
COMMENT ON COLUMN baocao."security_model_model"."model_kind" IS 'loại mô hình (kind of model). What the model does.';
COMMENT ON COLUMN baocao."security_model_model"."model_name" IS 'tên mô hình (name of the model). What the people call it; never a person''s name.';
COMMENT ON COLUMN baocao."security_model_model"."launched" IS 'số mô hình ra mắt trong kỳ (launched). Models launched within the period. Measure: model.';
COMMENT ON COLUMN baocao."security_model_model"."active" IS 'số mô hình đang hoạt động (active). Models active at the end of the period. Measure: model.';
COMMENT ON COLUMN baocao."security_model_model"."members" IS 'số thành viên (members). People who take part, a count only. Measure: person.';
GRANT INSERT ON baocao."security_model_model" TO baocao_ingest;
GRANT SELECT ON baocao."security_model_model" TO baocao_analyst;

CREATE TABLE baocao."model_ward" (
	"top_unit_id" integer NOT NULL,
	"report_no" bigint NOT NULL,
	"stage" baocao.model_ward_stage NOT NULL,
	"stage_date" date NOT NULL,
	"decision_no" text,
	"criteria_met" bigint,
	"criteria_total" bigint,
	"crimes_less_serious" bigint NOT NULL,
	"crimes_serious" bigint NOT NULL,
	"crimes_very_serious" bigint NOT NULL,
	"crimes_especially_serious" bigint NOT NULL,
	"gang_style_crimes" bigint,
	"unexpected_incidents" bigint,
	"encroachment_points" bigint,
	"sanitation_violations" bigint,
	CONSTRAINT "model_ward_pkey" PRIMARY KEY (top_unit_id, report_no),
	CONSTRAINT "model_ward_report_fkey" FOREIGN KEY (top_unit_id, report_no) REFERENCES baocao.report
);
COMMENT ON TABLE baocao."model_ward" IS 'Công an phường kiểu mẫu (model ward police). A model ward police station; the reporting unit is the ward itself.';
COMMENT ON COLUMN baocao."model_ward"."top_unit_id" IS 'tỉnh hoặc cục (top unit). The province or department that the reporting unit hangs under; leads every key so that tables can be distributed.';
COMMENT ON COLUMN baocao."model_ward"."report_no" IS 'số báo cáo (report number). The report that this belongs to.';
COMMENT ON COLUMN baocao."model_ward"."stage" IS 'giai đoạn (stage). How far the ward has come.';
COMMENT ON COLUMN baocao."model_ward"."stage_date" IS 'ngày đạt giai đoạn (date of the stage). The day on which the stage was reached.';
COMMENT ON COLUMN baocao."model_ward"."decision_no" IS 'số quyết định (number of the decision). Number of the decision that recognises or revokes.';
COMMENT ON COLUMN baocao."model_ward"."criteria_met" IS 'số tiêu chí đạt (criteria met). Criteria that the ward meets. Measure: criterion.';
COMMENT ON COLUMN baocao."model_ward"."criteria_total" IS 'tổng số tiêu chí (criteria in all). Criteria in all; 22 in the pilot. Measure: criterion.';
COMMENT ON COLUMN baocao."model_ward"."crimes_less_serious" IS 'tội phạm ít nghiêm trọng (less serious crimes). Less serious crimes: maximum penalty up to 3 years (Penal Code 2015, Article 9). Measure: case.';
COMMENT ON COLUMN baocao."model_ward"."crimes_serious" IS 'tội phạm nghiêm trọng (serious crimes). Serious crimes: maximum penalty over 3 and up to 7 years. Measure: case.';
COMMENT ON COLUMN baocao."model_ward"."crimes_very_serious" IS 'tội phạm rất nghiêm trọng (very serious crimes). Very serious crimes: maximum penalty over 7 and up to 15 years. Measure: case.';
COMMENT ON COLUMN baocao."model_ward"."crimes_especially_serious" IS 'tội phạm đặc biệt nghiêm trọng (especially serious crimes). Especially serious crimes: maximum penalty over 15 years, life or death. Measure: case.';
COMMENT ON COLUMN baocao."model_ward"."gang_style_crimes" IS 'tội phạm kiểu xã hội đen, manh động (gang-style crimes). Crimes in the manner of gangs. Measure: case.';
COMMENT ON COLUMN baocao."model_ward"."unexpected_incidents" IS 'vụ việc đột xuất, bất ngờ (unexpected incidents). Sudden, unexpected incidents. Measure: incident.';
COMMENT ON COLUMN baocao."model_ward"."encroachment_points" IS 'điểm lấn chiếm lòng đường, vỉa hè (encroachment points). Places where road or pavement is still encroached upon. Measure: place.';
COMMENT ON COLUMN baocao."model_ward"."sanitation_violations" IS 'vi phạm vệ sinh môi trường (sanitation violations). Violations of environmental sanitation. Measure: case.';
GRANT INSERT ON baocao."model_ward" TO baocao_ingest;
GRANT SELECT ON baocao."model_ward" TO baocao_analyst;

CREATE TABLE baocao."rural_security" (
	"top_unit_id" integer NOT NULL,
	"report_no" bigint NOT NULL,
	"level_reached" baocao.rural_level NOT NULL,
	"contents_met" bigint NOT NULL,
	"working_models" bigint,
	CONSTRAINT "rural_security_pkey" PRIMARY KEY (top_unit_id, report_no),
	CONSTRAINT "rural_security_report_fkey" FOREIGN KEY (top_unit_id, report_no) REFERENCES baocao.report
);
COMMENT ON TABLE baocao."rural_security" IS 'tiêu chí 19.2 xây dựng nông thôn mới (rural security criterion 19.2). Criterion 19.2 of the new-rural programme: security and order.';
COMMENT ON COLUMN baocao."rural_security"."top_unit_id" IS 'tỉnh hoặc cục (top unit). The province or department that the reporting unit hangs under; leads every key so that tables can be distributed.';
COMMENT ON COLUMN baocao."rural_security"."report_no" IS 'số báo cáo (report number). The report that this belongs to.';
COMMENT ON COLUMN baocao."rural_security"."level_reached" IS 'mức đạt (level reached). The highest level reached.';
COMMENT ON COLUMN baocao."rural_security"."contents_met" IS 'số nội dung đạt (contents met). How many of the eight contents of guidance 04/HD-BCA-V05 hold. Measure: content.';
COMMENT ON COLUMN baocao."rural_security"."working_models" IS 'số mô hình hoạt động hiệu quả (working models). Models that work; the criterion asks for at least one. Measure: model.';
GRANT INSERT ON baocao."rural_security" TO baocao_ingest;
GRANT SELECT ON baocao."rural_security" TO baocao_analyst;

CREATE TABLE baocao."rural_security_registration" (
	"top_unit_id" integer NOT NULL,
	"report_no" bigint NOT NULL,
	"line_no" integer NOT NULL,
	"subject_kind" baocao.subject_kind NOT NULL,
	"total" bigint NOT NULL,
	"registered" bigint NOT NULL,
	"recognised" bigint NOT NULL,
	CONSTRAINT "rural_security_registration_pkey" PRIMARY KEY (top_unit_id, report_no, line_no),
	CONSTRAINT "rural_security_registration_report_fkey" FOREIGN KEY (top_unit_id, report_no) REFERENCES baocao.report
);
COMMENT ON TABLE baocao."rural_security_registration" IS 'đăng ký và công nhận (registrations). Registration and recognition, one line for each kind of subject.';
COMMENT ON COLUMN baocao."rural_security_registration"."top_unit_id" IS 'tỉnh hoặc cục (top unit). The province or department that the reporting unit hangs under; leads every key so that tables can be distributed.';
COMMENT ON COLUMN baocao."rural_security_registration"."report_no" IS 'số báo cáo (report number). The report that this belongs to.';
COMMENT ON COLUMN baocao."rural_security_registration"."line_no" IS 'số dòng (line number). Place of the line in the report, from 1.';
COMMENT ON COLUMN baocao."rural_security_registration"."subject_kind" IS 'loại đối tượng (kind of subject). Who registers.';
COMMENT ON COLUMN baocao."rural_security_registration"."total" IS 'tổng số (in all). How many there are. Measure: subject.';
COMMENT ON COLUMN baocao."rural_security_registration"."registered" IS 'số đã đăng ký (registered). How many have registered. Measure: subject.';
COMMENT ON COLUMN baocao."rural_security_registration"."recognised" IS 'số được công nhận (recognised). How many were recognised. Measure: subject.';
GRANT INSERT ON baocao."rural_security_registration" TO baocao_ingest;
GRANT SELECT ON baocao."rural_security_registration" TO baocao_analyst;

CREATE TABLE baocao."commendation_award" (
	"top_unit_id" integer NOT NULL,
	"report_no" bigint NOT NULL,
	"line_no" integer NOT NULL,
	"award_level" baocao.award_level NOT NULL,
	"recipient_kind" baocao.recipient_kind NOT NULL,
	"awards" bigint NOT NULL,
	CONSTRAINT "commendation_award_pkey" PRIMARY KEY (top_unit_id, report_no, line_no),
	CONSTRAINT "commendation_award_report_fkey" FOREIGN KEY (top_unit_id, report_no) REFERENCES baocao.report
);
COMMENT ON TABLE baocao."commendation_award" IS 'khen thưởng (awards). The awards, one line for each level and kind of recipient.';
COMMENT ON COLUMN baocao."commendation_award"."top_unit_id" IS 'tỉnh hoặc cục (top unit). The province or department that the reporting unit hangs under; leads every key so that tables can be distributed.';
COMMENT ON COLUMN baocao."commendation_award"."report_no" IS 'số báo cáo (report number). The report that this belongs to.';
COMMENT ON COLUMN baocao."commendation_award"."line_no" IS 'số dòng (line number). Place of the line in the report, from 1.';
COMMENT ON COLUMN baocao."commendation_award"."award_level" IS 'hình thức (level). Who gives the award.';
COMMENT ON COLUMN baocao."commendation_award"."recipient_kind" IS 'đối tượng (kind of recipient). Who receives it.';
COMMENT ON COLUMN baocao."commendation_award"."awards" IS 'số lượng (awards). How many were given. Measure: award.';
GRANT INSERT ON baocao."commendation_award" TO baocao_ingest;
GRANT SELECT ON baocao."commendation_award" TO baocao_analyst;

CREATE TABLE baocao."communication_output" (
	"top_unit_id" integer NOT NULL,
	"report_no" bigint NOT NULL,
	"line_no" integer NOT NULL,
	"channel" baocao.channel NOT NULL,
	"items" bigint,
	"sessions" bigint,
	"attendances" bigint,
	CONSTRAINT "communication_output_pkey" PRIMARY KEY (top_unit_id, report_no, line_no),
	CONSTRAINT "communication_output_report_fkey" FOREIGN KEY (top_unit_id, report_no) REFERENCES baocao.report
);
COMMENT ON TABLE baocao."communication_output" IS 'kết quả theo kênh (outputs by channel). What was put out, one line for each channel.';
COMMENT ON COLUMN baocao."communication_output"."top_unit_id" IS 'tỉnh hoặc cục (top unit). The province or department that the reporting unit hangs under; leads every key so that tables can be distributed.';
COMMENT ON COLUMN baocao."communication_output"."report_no" IS 'số báo cáo (report number). The report that this belongs to.';
COMMENT ON COLUMN baocao."communication_output"."line_no" IS 'số dòng (line number). Place of the line in the report, from 1.';
COMMENT ON COLUMN baocao."communication_output"."channel" IS 'kênh (channel). The channel.';
COMMENT ON COLUMN baocao."communication_output"."items" IS 'số tin, bài, sản phẩm (items). News items, features, posts or pieces of print. Measure: item.';
COMMENT ON COLUMN baocao."communication_output"."sessions" IS 'số buổi tuyên truyền (sessions). Sessions of propaganda. Measure: session.';
COMMENT ON COLUMN baocao."communication_output"."attendances" IS 'số lượt người dự (attendances). Attendances; one person may attend many times. Measure: attendance.';
GRANT INSERT ON baocao."communication_output" TO baocao_ingest;
GRANT SELECT ON baocao."communication_output" TO baocao_analyst;

CREATE TABLE baocao."withdrawal" (
	"top_unit_id" integer NOT NULL,
	"report_no" bigint NOT NULL,
	"withdrawn_kind" baocao.kind NOT NULL,
	"reason" text NOT NULL,
	CONSTRAINT "withdrawal_pkey" PRIMARY KEY (top_unit_id, report_no),
	CONSTRAINT "withdrawal_report_fkey" FOREIGN KEY (top_unit_id, report_no) REFERENCES baocao.report
);
COMMENT ON TABLE baocao."withdrawal" IS 'rút báo cáo (withdrawal). Takes an earlier report back: the next revision of the kind that it withdraws, with a reason and no figures.';
COMMENT ON COLUMN baocao."withdrawal"."top_unit_id" IS 'tỉnh hoặc cục (top unit). The province or department that the reporting unit hangs under; leads every key so that tables can be distributed.';
COMMENT ON COLUMN baocao."withdrawal"."report_no" IS 'số báo cáo (report number). The report that this belongs to.';
COMMENT ON COLUMN baocao."withdrawal"."withdrawn_kind" IS 'loại báo cáo bị rút (withdrawn kind). The kind whose report is withdrawn; the natural key names this kind.';
COMMENT ON COLUMN baocao."withdrawal"."reason" IS 'lý do (reason). Why it is withdrawn.';
GRANT INSERT ON baocao."withdrawal" TO baocao_ingest;
GRANT SELECT ON baocao."withdrawal" TO baocao_analyst;

