-- Public reference: every role reads it, the owner alone writes it (see the loader).
SELECT access.lookup('reference_region');
SELECT access.lookup('reference_department');
SELECT access.lookup('reference_defencezone');
SELECT access.lookup('reference_commune');
SELECT access.lookup('reference_formercommune');
SELECT access.lookup('reference_arrondissement');
SELECT access.lookup('reference_communeoutline');
SELECT access.lookup('reference_departmentoutline');
SELECT access.lookup('reference_unit');
SELECT access.lookup('reference_courtarea');
SELECT access.lookup('reference_product');
SELECT access.lookup('reference_offence');
SELECT access.lookup('reference_legalparameter');
SELECT access.lookup('reference_interconnectionact');
SELECT access.lookup('reference_measure');
SELECT access.lookup('reference_loadedfile');
