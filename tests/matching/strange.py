"""Fictional persons of France, and how another service's hurried note would write each of them.

Every name is common; each person is a chance combination.  The rates below are judgement, not measurement: what notes
of police, customs, gendarmerie and tipsters look like when a name was heard, copied, scanned or typed at night.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date, timedelta
from itertools import accumulate
from random import Random

Record = dict[str, str]

# fmt: off
# Spoilt records in a hundred.  An inverted date needs a day up to 12, so that about 3 of the 8 drawn come about.
DATE_RATES = {"no_date": 15, "year_only": 13, "month_only": 7,  # the last two, partial dates: 20
              "first_of_january": 4, "day_month": 8, "date_digit": 7, "century": 2}
PLACE_RATES = {"no_place": 22, "former_place": 10}
# Names: weights among the kinds that change something in this person, and how many kinds a record draws in a hundred.
# A record has one to three kinds in all: at most one of the date, one of the place, one of STRUCTURE.
NAME_RATES = {
    "neighbour_key": 8, "swapped_letters": 7, "doubled_letter": 7, "ocr": 4, "heard": 15, "final_dropped": 5,
    "transliteration": 16, "accents_lost": 9, "hyphens": 6, "particle": 7,
    "swapped_names": 6, "second_given": 5, "initial": 5, "married_name": 8, "nickname": 7,
}
# fmt: on
NAME_KINDS_DRAWN = {0: 20, 1: 50, 2: 25, 3: 5}
STRUCTURE = ("swapped_names", "second_given", "initial", "married_name", "nickname")
# Not kinds but habits, in a hundred notes: the first given name alone; a nickname, a married name never heard of.
HABITS = {"first_given_alone": 50, "alias": 60, "married_name": 60}
KINDS: tuple[str, ...] = (*NAME_RATES, *DATE_RATES, *PLACE_RATES)

# An origin, its share of persons in a hundred | surnames | men | women | its own towns; the most frequent first.
PEOPLES = """french 42 | Martin, Bernard, Thomas, Petit, Robert, Richard, Durand, Dubois, Moreau, Laurent, Simon,
Michel, Lefebvre, Leroy, Roux, David, Bertrand, Morel, Fournier, Girard, Bonnet, Dupont, Lambert, Fontaine, Rousseau,
Vincent, Muller, Lefèvre, Faure, André, Mercier, Blanc, Guérin, Boyer, Garnier, Chevalier, François, Legrand, Gauthier,
Garcia, Perrin, Robin, Clément, Morin, Nicolas, Henry, Roussel, Mathieu, Gautier, Masson, Marchand, Duval, Denis,
Dumont, Lemaire, Noël, Meyer, Dufour, Meunier, Brun, Blanchard, Giraud, Joly, Rivière, Lucas, Brunet, Gaillard, Arnaud,
Martinez, Gérard, Roche, Renard, Schmitt, Leroux, Colin, Vidal, Caron, Picard, Fabre, Aubert, Lemoine, Renaud, Dumas,
Lacroix, Philippe, Bourgeois, Benoît, Leclerc, Payet, Rolland, Leclercq, Lecomte, Lopez, Dupuy, Guillot, Berger,
Carpentier, Sanchez, Dupuis, Moulin, Deschamps, Huet, Vasseur, Fleury, Royer, Klein, Jacquet, Poirier, Aubry, Guyot,
Renault, Charpentier, Ménard, Bertin, Hervé, Léger, Prévost, Langlois, Pelletier, Lévêque, Leblanc, Barré, Lebrun,
Weber, Chevallier, Lemaître, Bénard, Maréchal, Reynaud, de la Fontaine, de Villiers, du Plessis, d'Aubigny,
de Saint-Martin, de Castelnau, Delacroix, Saint-Jean, Petit-Jean, Vandamme, Van den Berghe, de la Roche | Jean, Nicolas,
Thomas, Julien, Sébastien, Alexandre, Kévin, David, Christophe, Frédéric, Stéphane, Maxime, Laurent, Anthony, Romain,
Philippe, Jérémy, Guillaume, Michel, Éric, Pierre, Antoine, Olivier, Mathieu, Jérôme, Cédric, Vincent, Benjamin,
Jonathan, Arnaud, Florian, Lucas, Hugo, Ludovic, Dylan, Fabrice, Jean-Pierre, Jean-Michel, Jean-Philippe, Jean-Luc,
Pierre-Yves, Raphaël, Théo, Clément, Bruno, Grégory, Damien, Steven, François, Franck, Xavier, Joël, Marc-Antoine,
Patrick, Gaëtan, Rémi, Valentin, Jordan, Bryan, Charles-Henri | Marie, Stéphanie, Aurélie, Céline, Émilie, Julie,
Laetitia, Sandrine, Nathalie, Camille, Mélanie, Sophie, Marie-Christine, Chloé, Léa, Pauline, Audrey, Jessica, Élodie,
Vanessa, Anne-Sophie, Isabelle, Hélène | Lyon, Nantes, Rennes, Valence;
breton 4 | Le Gall, Le Goff, Le Roux, Tanguy, Le Guen, Quéré, Riou, Le Bihan, Morvan, Guéguen, Le Floch, Le Corre,
Jaouen, Kervella, Kermarrec, Abgrall, Salaün, Cariou, Prigent, L'Hostis, Le Bras, Le Berre, Kerjean | Yann, Erwan,
Ronan, Loïc, Gwenaël, Mikaël, Tanguy, Yannick, Goulven, Malo, Corentin, Hervé | Gwenaëlle, Nolwenn, Soizic, Maëlle,
Rozenn, Annaïg | Brest, Rennes, Quimper, Nantes;
corsican 3 | Casanova, Santoni, Mattei, Luciani, Albertini, Poli, Filippi, Giudicelli, Mariani, Agostini, Orsini, Leoni,
Pietri, Susini, Ottavi, Franceschi, Bartoli, Antonetti, Peretti, Leca, Mondoloni, Casabianca | Ange, Dominique,
Jean-Baptiste, Toussaint, Pascal, Ghjuvan, Paul-André, Lisandru, Antoine-Marie, Don-Jacques | Letizia, Marie-Ange,
Ghjulia, Vannina, Serena | Ajaccio, Bastia, Marseille;
maghreb 24 | Saidi, Benali, Mansouri, Brahimi, Hamdi, Ben Salah, El Idrissi, Bouazza, Khelifi, Cherif, Belkacem, Haddad,
Rahmani, Amrani, Benamar, Bouchareb, El Amrani, Ait Ahmed, Ziani, Slimani, Belhadj, Moussaoui, Toumi, Meziane, Bensaïd,
Ouali, Hamidi, Khaldi, El Fassi, Alaoui, Chaoui, Tahiri, Bennani, Berrada, Ben Youssef, Trabelsi, Jaziri, Gharbi,
Hammami, Chebbi, Bouzid, Boukhari, Ferhat, Guendouz, Dahmani, Yahiaoui, Zerrouki, Bouteldja, Messaoudi, Kaddour, Lahcen,
Aït Hamou, El Khattabi, El Haddaoui, Ouchene, Hadj Ali, Abdelli, Benchikh, Djebbar, Mokhtari, Nacer, Ould Ali,
Ould Cheikh, Bel Hassen, Lakhdar, Sahraoui, Touati, Boudjemaa, Chouaib, Derradji | Mohamed, Karim, Ahmed, Rachid, Ali,
Mehdi, Samir, Youssef, Farid, Nabil, Abdelkader, Hassan, Mustapha, Omar, Kamel, Bilal, Mourad, Hamza, Sofiane, Ismaël,
Khalid, Abdelhamid, Walid, Hakim, Abderrahmane, Ayoub, Yacine, Amine, Tarik, Djamel, Aziz, Saïd, Reda, Brahim, Abdellah,
Soufiane, Othmane, Lotfi, Nordine, Zakaria, Ilyès, Hocine, Abdelaziz, Jaouad, Slimane, Khaled, Anouar, Abdallah |
Fatima, Khadija, Nadia, Samira, Sarah, Yasmina, Fatiha, Aïcha, Zohra, Malika, Leïla, Houria, Imène, Souad | Alger, Oran,
Constantine, Annaba, Béjaïa, Tizi Ouzou, Chlef, Casablanca, Tanger, Oujda, Nador, Kénitra, Tunis, Sfax;
comorian 3 | Abdou, Saïd Ali, Soilihi, Ahamada, Mmadi, Youssouf, Madi, Attoumani, Msaïdié, Hamidou, Bacar, Mhoma,
Mdahoma, Combo, Boina, Houmadi, Ali Mze | Saïd, Nassur, Ibrahim, Mohamed, Ahamed, Abdou, Hachim, Soulé, Kamardine,
Fahad, Anli, Mouhamadi | Zaïnaba, Moinaecha, Echati, Faouzia, Hadidja, Nafissa | Moroni, Mamoudzou, Marseille;
antillean 4 | Jean-Baptiste, Joseph-Alexandre, Charles, Félix, Cléry, Marie-Sainte, Ursulet, Zébina, Montlouis, Nestor,
Pierre-Louis, Césaire, Rosamond, Monrose, Lubin, Élisabeth, Jean-Marie, Saint-Aimé, Edmond, Gustave, Bellance | Steeve,
Jean-Marc, Teddy, Wilfrid, Rodrigue, Yohan, Jimmy, Rosan, Thierry, Loïc, Ketty-Ange, Georges-Henri | Murielle, Ketty,
Marie-Line, Nadège, Sandra, Gladys | Fort-de-France, Pointe-à-Pitre, Les Abymes, Cayenne;
portuguese 5 | Da Silva, Pereira, Ferreira, Dos Santos, Fernandes, Rodrigues, De Oliveira, Gonçalves, Da Costa, Lopes,
Gomes, Martins, Alves, De Sousa, Marques, Ribeiro, Carvalho, Teixeira, Do Nascimento, Moreira, Da Cunha, Araújo | José,
Manuel, Carlos, António, João, Paulo, Luís, Jorge, Rui, Tiago, Filipe, Nuno, Joaquim, Fernando | Maria, Ana, Carla,
Sónia, Fátima, Cristina, Lúcia | Lisbonne, Porto, Braga, Praia;
turkish 4 | Yilmaz, Kaya, Demir, Şahin, Çelik, Yildiz, Yildirim, Öztürk, Aydin, Özdemir, Arslan, Doğan, Kiliç, Aslan,
Çetin, Kara, Koç, Kurt, Özkan, Şimşek, Polat, Güneş | Mehmet, Mustafa, Ahmet, Ali, Hüseyin, Hasan, Ibrahim, Murat, Ömer,
Yusuf, Serkan, Emre, Burak, Cemal, Uğur | Fatma, Ayşe, Emine, Hatice, Zeynep, Elif, Gülsüm | Istanbul, Ankara, Izmir;
west_african 6 | Traoré, Diallo, Coulibaly, Diarra, Camara, Keïta, Sissoko, Ba, Sow, Konaté, Koné, Touré, Ndiaye, Cissé,
Sylla, Diop, Fofana, Bah, Barry, Dembélé, Doucouré, Kanté, N'Guessan, Ouattara, Sidibé, Soumaré, Mendy, Gomis, Wagué,
Niakaté, D'Almeida, Kouassi, Yao, Tandia | Mamadou, Ibrahima, Moussa, Abdoulaye, Amadou, Oumar, Boubacar, Cheick,
Ousmane, Souleymane, Bakary, Seydou, Lassana, Adama, Demba, Issa, Modibo, Kouamé, Alassane, Yaya | Fatoumata, Aminata,
Mariam, Aïssata, Awa, Kadiatou, Hawa, Assa, Djénéba | Bamako, Dakar, Conakry, Abidjan, Kayes;
armenian 2 | Sarkissian, Petrossian, Grigorian, Haroutounian, Kévorkian, Hakobyan, Hovannisian, Manoukian, Bedrossian,
Avakian, Karapetian, Mkrtchyan, Der Hagopian, Boyadjian, Khatchadourian, Vartanian | Armen, Hovhannes, Sarkis, Garabed,
Vahé, Tigran, Aram, Artur, Gevorg, Hagop, Khatchig | Anouch, Nariné, Chouchane, Lusine | Erevan, Gyumri, Valence;
vietnamese 3 | Nguyen, Tran, Le, Pham, Huynh, Phan, Vu, Dang, Bui, Do, Ngo, Duong, Ly, Hoang, Truong, Vo, Dinh |
Van Minh, Duc, Hung, Quang, Tuan, Thanh, Quoc Viet, Hoang, Phuc, Van Thanh, Huy, Dinh Long | Thi Lan, Thi Huong, Linh,
Thi Mai, Phuong, Thuy | Hanoï, Hô Chi Minh-Ville, Haïphong"""
# A town and what else is written for it: a former name, a district, a spelling.  The first sixteen are anyone's.
TOWNS = """Paris=Paris 18e/Paris 13ème/75020 Paris; Marseille=Marseille 15e/13003 Marseille;
Lyon=Lyon 8e/69003 Lyon/La Guillotière; Toulouse=Le Mirail; Lille=Hellemmes/Lomme/Lille-Sud;
Saint-Denis=St Denis 93/Saint-Denis-sur-Seine; Nice=L'Ariane/Nizza; Bordeaux=Caudéran; Strasbourg=Neudorf;
Montpellier=La Paillade; Roubaix=Roubaix-Tourcoing; Grenoble=La Villeneuve; Évry=Évry-Courcouronnes;
Le Havre=Havre-de-Grâce; Perpignan=Perpinyà; Créteil=Créteil Soleil; Nantes=Chantenay; Brest=Recouvrance;
Rennes=Villejean; Quimper=Kemper; Ajaccio=Aiacciu; Bastia=Lupino; Valence=Bourg-lès-Valence;
Alger=El Djazaïr/Bab el Oued; Oran=Wahran; Constantine=Qacentina; Annaba=Bône; Béjaïa=Bougie/Bgayet;
Tizi Ouzou=Tizi-Ouzou/Tizi; Chlef=Orléansville/El Asnam; Casablanca=Dar el Beida/Casa; Tanger=Tangier/Tanja;
Oujda=Oudjda; Nador=Villa Nador; Kénitra=Port-Lyautey; Tunis=La Goulette; Sfax=Safaqis; Moroni=Grande Comore;
Mamoudzou=Mayotte/Mamoutzou; Fort-de-France=Schœlcher/FDF; Pointe-à-Pitre=P-à-P/Pte à Pitre; Les Abymes=Abymes;
Cayenne=Guyane; Lisbonne=Lisboa; Porto=Oporto; Braga=Bracara; Praia=Cap-Vert; Istanbul=Üsküdar/Constantinople;
Ankara=Angora; Izmir=Smyrne; Bamako=Bamako Commune VI; Dakar=Pikine; Conakry=Kaloum; Abidjan=Treichville; Kayes=Khayes;
Erevan=Yerevan/Érivan; Gyumri=Leninakan; Hanoï=Ha Noi; Hô Chi Minh-Ville=Saïgon/Cholon; Haïphong=Hai Phong"""
STREET_NAMES = "le Grand, Tonton, Zizou, le Gros, Scar, le Boiteux, la Fouine, Pitbull, Doudou, Bébé, le Vieux, Snake"
NICKNAMES = """Mohamed=Momo/Moha/Mo; Mamadou=Mams/Madou; Jean-Michel=Jean-Mi; Jean-Philippe=Jean-Phi/JP; Jean-Pierre=JP;
Sébastien=Seb; Arnaud=Nono; Bruno=Nono; Christophe=Chris/Tof; Frédéric=Fred; Stéphane=Steph; Alexandre=Alex;
Guillaume=Guigui; Abdelkader=Kader/Abdel; Abdelhamid=Hamid/Abdel; Abderrahmane=Abder; Mustapha=Mous; Youssef=Youss;
Karim=Krimo; Nordine=Nono; Ibrahima=Ibou; Boubacar=Bouba; Souleymane=Souley; Jérôme=Gégé; Antoine=Toine; José=Zé;
Mehmet=Memo; Ludovic=Ludo; Khadija=Khadi; Fatoumata=Fatou; Fatima=Fati; Laetitia=Laeti; Stéphanie=Fanny"""
# What one civil register or another makes of the same name.
SPELLINGS = """mohamed mohammed mouhamed mohamad muhammad mehmet mohand mouhamadi; ahmed ahmad ahmet ahamed ahamada;
mustapha mustafa moustapha moustafa; youssef yusuf youcef yossef yousef youssouf; hassan hasan hassen hacene; ali aly;
hussein hocine hussain huseyin houcine hossein; omar oumar umar omer; said sayed saeed seid; khalid khaled halid;
ibrahim brahim ibrahima; othmane osman ousmane uthman; yacine yassine yasin; abdellah abdallah abdullah abdoulaye abdou;
slimane souleymane suleyman soliman; djamel jamal cemal djamal jamel; jaouad jawad djaouad; nordine noureddine nourdine;
sofiane soufiane; bilal bilel; reda rida ridha; tarik tarek tariq; mourad murat murad; aicha ayse aysha aissata; fatima
fatma fatimah fatoumata; khadija hatice hadidja; zohra zahra zora; el al; ben bin ibn; ould oul wuld; ait aith; hadj haj
hadji; cheikh cheick sheikh; haddad hadad heddad; cherif sharif chrif; saidi saydi essaidi; khelifi khalifi khlifi;
mansouri mansuri mensouri; amrani omrani imrani; ndiaye n'diaye njie; diallo jallow; cisse ceesay sisse; ba bah; keita
keyita; toure turay; traore traoure; coulibaly koulibali kulibaly; sow so saw; mamadou mamadu mouhamadou mamoudou;
seydou saidou seidu; sarkis serge; hovhannes ovanes hovannes ohannes; hagop hakob agop; garabed karapet; gevorg kevork;
nguyen n'guyen; hoang huang wang; pham fam; sahin chahine; celik tchelik; simsek chimchek; kilic kilitch; joao joan jao;
jorge georges; goncalves gonzalves gonsalves; sousa souza; rodrigues rodriguez; fernandes fernandez; gomes gomez"""
HEARD = """ph>f;f>ph;eau>o;eau>au;au>o;o$>eau;^h>;(?<![cpstk])h>;^(?=[aeiou])>h;kh>h;kh>k;ou(?=[aeiy])>w;w>ou;ou>u
tch>ch;ch>tch;ç>ss;c(?=[eiéè])>s;^s(?=[ei])>c;c(?=[aou])>k;k(?=[aou])>c;qu>k;que$>c;ck>k;y>i;ss(?=[ei])>c
(?<=[aeiou])s(?=[aeiou])>z;z>s;ai>é;ei>é;er$>é;en(?![aeiounm])>an;an(?![aeiounm])>en;in(?![aeioun])>ain;ain>in;gn>ni
j(?=[ei])>g;g(?=[ei])>j;th>t;oi>oua;ill>y;ez$>é;et$>é;e$>;([bcdflmnprst])\\1>\\1"""
WRITTEN_OVER = """kh>h;kh>k;^h>kh;ou>u;ou>oo;(?<!o)u>ou;ch>sh;dj>j;j>dj;gh>g;gh>r;dh>d;q>k;k(?!h)>q;ian$>yan;yan$>ian
i$>y;y>i;ss>s;aï>ai;ui>oui;th>t;sh>ch;tch>ch;aa>a;ee>i;e(?=[lmnr])>a;a(?=[lmnr])>e;ü>u;ö>o;ş>ch;ç>tch;ğ>g;oo>ou"""
FINAL = "(?<=\\w\\w)(?:lt|ld|ts|ds|th|[tdsxzpgrlkhc])e?$>;(?<=\\w\\w)([lnt])\\1e$>\\1;(?<=\\w\\w)e$>"
SCANNED = "o>0;o>0;l>1;l>1;rn>m;rn>m;m>rn;i>l;s>5;b>8;cl>d;nn>m"
BEGINNINGS = "abdel=abd el-/abdel /abdoul/abdul/abd al-;abder=abd er-;ben=ben /bin /ibn ;bel=bel /ben ;bou=bou /bu"
PARTICLE = r"(?i)(de la |de l'|van den |(?:d[eu]|l[ea]|[ae]l|be[ln]|a[iï]t|ould|hadj|d[ao]|dos|van|der) |[dln]')(.+)"
KEY_ROWS = (("azertyuiop", 0.0), ("qsdfghjklm", 0.25), ("wxcvbn", 0.75))


def _table(text: str) -> dict[str, list[str]]:
    """The entries of a table written `name=other/other; name=other`."""
    pairs = (entry.replace("\n", " ").lstrip().split("=") for entry in text.split(";"))
    return {name: others.split("/") for name, others in pairs}


def _rules(text: str) -> list[tuple[re.Pattern[str], str]]:
    """The rules of a list written `pattern>replacement`."""
    parts = (rule.rsplit(">", 1) for rule in text.replace("\n", ";").split(";"))
    return [(re.compile(pattern), put) for pattern, put in parts]


def _plain(text: str) -> str:
    """The text without its accents."""
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def _tokens(peoples: Iterable[list[list[str]]]) -> set[str]:
    """The words of these peoples' names, plain and in small letters."""
    return set(re.findall(r"\w+", _plain(str([people[:3] for people in peoples])).lower()))


_HEADS = [text.split("|") for text in PEOPLES.split(";")]
_SHARES = [int(head.split()[1]) for head, *_ in _HEADS]
_PEOPLES = [[re.split(r",\s+", names.strip()) for names in lists] for _, *lists in _HEADS]
_FOREIGN = _tokens([*_PEOPLES[3:5], *_PEOPLES[6:]]) - _tokens([*_PEOPLES[:3], _PEOPLES[5]])
_TOWNS, _NICKNAMES, _STREET_NAMES = _table(TOWNS), _table(NICKNAMES), re.split(r",\s+", STREET_NAMES)
_CLASSES, _BEGINNINGS = [names.split() for names in SPELLINGS.split(";")], _table(BEGINNINGS)
_RULES = {"heard": _rules(HEARD), "ocr": _rules(SCANNED), "final_dropped": _rules(FINAL), "": _rules(WRITTEN_OVER)}
_ZIPF = list(accumulate(1 / (rank + 8) for rank in range(500)))
_WHERE = {key: (start + i, row) for row, (keys, start) in enumerate(KEY_ROWS) for i, key in enumerate(keys)}
_BESIDE = {
    key: "".join(k for k, (u, v) in _WHERE.items() if k != key and abs(u - x) <= (1, 0.8, -1)[abs(v - y)])
    for key, (x, y) in _WHERE.items()
}


def _frequent(names: Sequence[str], rng: Random) -> str:
    """A name, the first the likeliest, as Zipf has it."""
    return rng.choices(names, cum_weights=_ZIPF[: len(names)])[0]


def _nickname_of(given: str, rng: Random) -> str:
    """What friends call somebody of this given name."""
    if given in _NICKNAMES and rng.random() < 0.8:
        return rng.choice(_NICKNAMES[given])
    first, _, second = given.partition("-")
    if second:
        return f"{first}-{second[:2]}"
    short, plain = given[: rng.choice((3, 4))], _plain(given).lower()
    syllable = rng.choice(re.findall(r"[^aeiouy\W][aeiouy]", plain) or [plain[:3]])
    return short if short != given and rng.random() < 0.5 else (syllable * 2).capitalize()


def _person(rng: Random) -> Record:
    """One person; four in five are men."""
    people, others = rng.choices(_PEOPLES, _SHARES, k=2)
    man, (surnames, *_, towns) = rng.random() < 0.8, people
    given_names = (people if rng.random() < 0.85 else others)[1 if man else 2]
    surname, other = _frequent(surnames, rng), _frequent(surnames, rng)
    if rng.random() < 0.05 and not re.search("[ '-]", surname + other) and surname != other:
        surname = f"{surname}-{other}"
    given = list(dict.fromkeys(_frequent(given_names, rng) for _ in range(rng.choices((1, 2, 3), (35, 40, 25))[0])))
    born = date(round(rng.triangular(1950, 2007, 1990)), 1, 1) + timedelta(rng.randrange(365))
    alias = _nickname_of(given[0], rng) if rng.random() < 0.6 else rng.choice(_STREET_NAMES)
    return {
        "first_names": " ".join(given),
        "surname": surname,
        "birth_date": born.isoformat(),
        "birth_place": _frequent(towns if rng.random() < 0.45 else list(_TOWNS)[:16], rng),
        "married_name": _frequent(others[0], rng) if rng.random() < (0.02 if man else 0.45) else "",
        "alias": alias if rng.random() < 0.25 else "",
    }


def persons(count: int, seed: int) -> list[Record]:
    """So many persons, always the same for a seed, homonyms among them."""
    rng = Random(f"persons {seed}")
    return [_person(rng) for _ in range(count)]


def _slip(word: str, kind: str, rng: Random) -> str:
    """The word as a hurried hand types it, its first letter mostly right."""
    i = rng.randrange(0 if rng.random() < 0.15 else 1, len(word) - 1)
    if kind == "neighbour_key":
        return word[:i] + rng.choice(_BESIDE.get(word[i], word[i])) + word[i + 1 :]
    if kind == "swapped_letters":
        return word[:i] + word[i + 1] + word[i] + word[i + 2 :]
    single = re.sub(r"(.)\1", r"\1", word, count=1)
    return single if single != word and rng.random() < 0.7 else word[:i] + word[i] + word[i:]


def _by_rule(word: str, kind: str, rng: Random) -> str:
    """The word as the first rule drawn that changes it leaves it; an ear may follow two."""
    rules = _RULES[kind]
    for _ in range(2 if kind == "heard" and rng.random() < 0.35 else 1):
        written = (pattern.sub(put, word, count=1) for pattern, put in rng.sample(rules, len(rules)))
        word = next((other for other in written if other != word), word)
    return word


def _transliterated(word: str, rng: Random) -> str:
    """The word as another civil register writes it."""
    plain = _plain(word)
    others = [name for names in _CLASSES if plain in names for name in names if name != plain]
    if others and rng.random() < 0.85:
        return rng.choice(others)
    if plain not in _FOREIGN:
        return word
    start = next((b for b in _BEGINNINGS if plain.startswith(b) and len(plain) > len(b) + 1), "")
    if start and rng.random() < 0.6:
        put, rest = rng.choice(_BEGINNINGS[start]), word[len(start) :]
        return put + (rest.capitalize() if put[-1] in " -" else rest)
    return _by_rule(word, "", rng)


def _rewritten(word: str, kind: str, rng: Random) -> str:
    """One word as this kind leaves it, with its capitals."""
    small = word.lower()
    if kind == "transliteration":
        written = _transliterated(small, rng)
    else:
        written = _by_rule(small, kind, rng) if kind in _RULES else _slip(small, kind, rng)
    capital = written.upper() if word.isupper() else written[0].upper() + written[1:]
    return capital if word[0].isupper() else written


def _in_a_word(record: Record, kind: str, rng: Random) -> None:
    """One word changed of the surname or of the given names, or of the alias where there is neither."""
    fields = ("surname", "first_names") if rng.random() < 0.6 else ("first_names", "surname")
    for field in [field for field in fields if record[field]] or ["alias"]:
        text = record[field]
        words = list(re.finditer(r"[^\W\d_]{2,}" if kind == "transliteration" else r"[^\W\d_]{3,}", text))
        for word in rng.sample(words, len(words)):
            record[field] = text[: word.start()] + _rewritten(word[0], kind, rng) + text[word.end() :]
            if record[field] != text:
                return


def _in_the_name(record: Record, kind: str, rng: Random) -> None:
    """Accents lost, the surname then perhaps in capitals; a hyphen, an apostrophe or a space made another thing."""
    if kind == "accents_lost":
        if any(_plain(record[field]) != record[field] for field in ("surname", "first_names")):
            record |= {field: _plain(text) for field, text in record.items()}
            record["surname"] = record["surname"].upper() if rng.random() < 0.4 else record["surname"]
        return
    for field in rng.sample(("surname", "first_names"), 2):
        text = record[field]
        joined = re.sub(r"[-'](\w)", lambda found: found[1].lower(), text)
        others = [re.sub("[-']", " ", text), joined, text.replace(" ", "-", 1)]
        if record[field] == text and (others := [other for other in others if other != text]):
            record[field] = rng.choice(others)
            return


def _particle(record: Record, rng: Random) -> None:
    """A particle dropped, joined or put behind; one that was joined, parted."""
    surname = record["surname"]
    if found := re.fullmatch(PARTICLE, surname):
        particle, rest = found[1].strip(), found[2]
        joined = re.sub("[ ']", "", particle + rest.lower()).capitalize()
        record["surname"] = rng.choice((rest, rest, joined, joined, f"{rest} {particle}", ""))
        if not record["surname"]:
            record |= {"surname": rest, "first_names": f"{record['first_names']} {particle}".strip()}
    elif found := re.fullmatch("(Ben|Bel|Bou|El|Le|La|De|Du|Van)([a-z]{3,})", surname):
        arabic = found[1] in ("Ben", "Bel", "Bou", "El")
        if (surname.lower() in _FOREIGN) == arabic and (arabic or re.match("[^aeiouy][aeiouylr]", found[2])):
            record["surname"] = f"{found[1]} {found[2].capitalize()}"


def _structure(record: Record, kind: str, rng: Random) -> None:
    """Names exchanged, left out, cut to the initial, or another name in their place."""
    given, surname, married = record["first_names"].split() or ["Jo"], record["surname"], record["married_name"]
    if kind == "swapped_names" and surname and record["first_names"]:
        record |= {"surname": given[0] if rng.random() < 0.6 else " ".join(given), "first_names": surname}
    elif kind == "second_given":
        record["first_names"] = rng.choice(given[1:] or [record["first_names"]])
    elif kind == "initial" and record["first_names"]:
        letters = [part[0] for part in given[0].split("-") if part]
        record["first_names"] = rng.choice((".-".join(letters) + ".", "".join(letters)))
    elif kind == "married_name" and married:
        record |= {"surname": f"{surname}-{married}" if rng.random() < 0.2 else married, "married_name": ""}
    elif kind == "nickname":
        name = (record["alias"] if rng.random() < 0.6 else "") or _nickname_of(given[0], rng)
        place = rng.choices(("given", "alias", "alone"), (50, 30, 20))[0]
        record |= {"first_names": name if place == "given" else "", "alias": "" if place == "given" else name}
        record["surname"] = "" if place == "alone" else surname


def _date(day: str, kind: str, rng: Random) -> str:
    """The full date cut short, or wrong by this kind yet a day of the calendar; a date cut short stays."""
    cut = {"no_date": "", "year_only": day[:4], "month_only": day[:7], "first_of_january": f"{day[:4]}-01-01"}
    if kind in cut or len(day) < 10:
        return day if len(day) < 10 else cut[kind]
    others = [day[:4] + day[7:] + day[4:7]]
    if kind == "century":
        others = ["19" + day[2:]] if day[:2] == "20" else [rng.choice(("18", "20")) + day[2:]]
    elif kind == "date_digit":
        wrong = [(i, digit) for i in rng.sample((2, 3, 5, 6, 8, 9), 6) for digit in rng.sample("0123456789", 10)]
        others = [day[:i] + digit + day[i + 1 :] for i, digit in wrong]
    for other in others:
        with suppress(ValueError):
            if other != day and date.fromisoformat(other):
                return other
    return day


def _apply(record: Record, kind: str, rng: Random) -> bool:
    """Spoil the record by this kind; whether that changed anything."""
    before = dict(record)
    if kind in DATE_RATES:
        record["birth_date"] = _date(record["birth_date"], kind, rng)
    elif kind in PLACE_RATES:
        place = record["birth_place"]
        record["birth_place"] = "" if kind == "no_place" else rng.choice(_TOWNS.get(place, [place]))
    elif kind in STRUCTURE:
        _structure(record, kind, rng)
    elif kind == "particle":
        _particle(record, rng)
    elif kind in ("accents_lost", "hyphens"):
        _in_the_name(record, kind, rng)
    else:
        _in_a_word(record, kind, rng)
    return record != before


def spoil_kind(person: Record, kind: str, seed: int) -> Record:
    """The person spoilt by this kind alone, or as given where the kind finds nothing to change."""
    if kind not in KINDS:
        raise KeyError(kind)
    record = dict(person)
    _apply(record, kind, Random(f"{kind} {seed} {sorted(person.items())}"))
    return record


def spoil(person: Record, seed: int) -> Record:
    """The person as another service's note has them, spoilt by one to three kinds at the rates above."""
    record, rng = dict(person), Random(f"spoil {seed} {sorted(person.items())}")
    habits = {habit for habit, rate in HABITS.items() if rng.random() * 100 < rate}
    if "first_given_alone" in habits:
        record["first_names"] = record["first_names"].split(" ")[0]
    done, fair = list[str](), dict(record)
    for rates in (DATE_RATES, PLACE_RATES):
        kind = rng.choices([*rates, ""], [*rates.values(), 100 - sum(rates.values())])[0]
        done += [kind] if kind and _apply(record, kind, rng) else []
    wanted = rng.choices(list(NAME_KINDS_DRAWN), list(NAME_KINDS_DRAWN.values()))[0]
    wanted, left = len(done) + min(max(wanted, 1 - len(done)), 3 - len(done)), dict(NAME_RATES)
    while left and (len(done) < wanted or record == fair):  # two slips may undo each other
        kind = rng.choices(list(left), list(left.values()))[0]
        del left[kind]
        if _apply(record, kind, rng):
            done.append(kind)
            left = {other: rate for other, rate in left.items() if kind not in STRUCTURE or other not in STRUCTURE}
    unknown = habits & {"alias", "married_name"} if "nickname" not in done else habits & {"married_name"}
    return record | dict.fromkeys(unknown, "")
