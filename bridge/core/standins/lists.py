"""The stand-ins that there are: invented people at places that exist, in words that mean nothing."""

FIRST_NAMES = (
    *("Al", "Bo", "Eva", "Ida", "Leo", "Max", "Uwe", "Zoe", "Anna", "Emil", "Hugo", "Jana", "Lena", "Mila", "Nora"),
    *("Otto", "Paul", "Rosa", "Clara", "David", "Elias", "Frida", "Greta", "Hanna", "Jonas", "Klara", "Laura", "Marta"),
    *("Niklas", "Oliver", "Sophie", "Theo", "Viktor", "Wilma", "Amelie", "Benedikt", "Charlotte", "Dominik", "Florian"),
    *("Johanna", "Katharina", "Leonhard", "Magdalena", "Valentina", "Maximilian"),
)
LAST_NAMES = (
    *("Fux", "Hof", "Alt", "Abel", "Berg", "Dorn", "Egger", "Frank", "Haas", "Kern", "Lang", "Moser", "Novak", "Ott"),
    *("Adler", "Bauer", "Eder", "Fuchs", "Gruber", "Huber", "Jung", "Klein", "Lindner", "Maier", "Pichler", "Reiter"),
    *("Steiner", "Thaler", "Unger", "Vogel", "Wagner", "Zimmer", "Brandner", "Castellani", "Dellinger", "Hofstetter"),
    *("Kirchmair", "Oberhauser", "Schwarzbauer", "Winterleitner"),
)
COMPANIES = ("Nordlicht", "Bergquell", "Sonnhof", "Waldmeister", "Kranich", "Lindwurm", "Morgenrot", "Silberpappel")
STREETS = ("Hauptweg", "Lindenallee", "Am Anger", "Rosengasse", "Bergstiege", "Mühlweg", "Gartenzeile", "Schlossberg")
CITIES = ("Ulm", "Linz", "Bern", "Graz", "Wels", "Emden", "Basel", "Bremen", "Kassel", "Lübeck", "Rostock", "Villach")
REGIONS = ("Tirol", "Hessen", "Saarland", "Kärnten", "Thurgau", "Schwyz", "Burgenland", "Vorarlberg")
FILLERS = (
    *("ash", "elm", "fir", "oak", "ivy", "bay", "fern", "moss", "reed", "rose", "lily", "sage", "pine", "palm"),
    *("birch", "cedar", "maple", "poppy", "tulip", "daisy", "olive", "peony", "alder", "clover", "laurel", "willow"),
    *("violet", "yarrow", "acacia", "thistle", "juniper", "jasmine", "anemone", "hemlock", "hawthorn", "lavender"),
    *("magnolia", "primrose", "camellia", "buttercup", "narcissus", "snowdrop", "edelweiss", "cornflower"),
    *("rhododendron", "honeysuckle", "chrysanthemum", "forgetmenot", "nasturtium", "gladiolus"),
)
