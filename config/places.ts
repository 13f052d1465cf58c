/** ISO 3166-1 alpha-2. */
export const countries: readonly string[] = (
  'AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ ' +
  'CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR ' +
  'GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO ' +
  'JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR ' +
  'MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO ' +
  'RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV ' +
  'TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW'
).split(' ');

/** ISO 3166-2 parts whose names people type; other places are counted by country. */
export const regions: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  CA: {
    AB: ['alberta'],
    BC: ['british columbia', 'colombie-britannique'],
    MB: ['manitoba'],
    NB: ['new brunswick', 'nouveau-brunswick'],
    NL: ['newfoundland and labrador', 'newfoundland', 'labrador', 'terre-neuve-et-labrador'],
    NS: ['nova scotia', 'nouvelle-écosse'],
    NT: ['northwest territories', 'territoires du nord-ouest'],
    NU: ['nunavut'],
    ON: ['ontario'],
    PE: ['prince edward island', 'île-du-prince-édouard'],
    QC: ['quebec', 'québec'],
    SK: ['saskatchewan'],
    YT: ['yukon'],
  },
  GB: {
    ENG: ['england'],
    NIR: ['northern ireland'],
    SCT: ['scotland'],
    WLS: ['wales', 'cymru'],
  },
  US: Object.fromEntries(
    (
      'AL alabama,AK alaska,AZ arizona,AR arkansas,CA california,CO colorado,CT connecticut,DE delaware,' +
      'DC district of columbia,FL florida,GA georgia,HI hawaii,ID idaho,IL illinois,IN indiana,IA iowa,KS kansas,' +
      'KY kentucky,LA louisiana,ME maine,MD maryland,MA massachusetts,MI michigan,MN minnesota,MS mississippi,' +
      'MO missouri,MT montana,NE nebraska,NV nevada,NH new hampshire,NJ new jersey,NM new mexico,NY new york,' +
      'NC north carolina,ND north dakota,OH ohio,OK oklahoma,OR oregon,PA pennsylvania,RI rhode island,' +
      'SC south carolina,SD south dakota,TN tennessee,TX texas,UT utah,VT vermont,VA virginia,WA washington,' +
      'WV west virginia,WI wisconsin,WY wyoming'
    )
      .split(',')
      .map((entry) => [entry.slice(0, 2), [entry.slice(3)]]),
  ),
};
