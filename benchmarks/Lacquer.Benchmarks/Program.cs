using System.Globalization;
using Lacquer.Benchmarks;

BenchCase[] cases =
[
    new("catalogue", "accessions of N million synthetic tracks to a searchable catalogue, what it answers, and PostgreSQL beside it", CatalogueCase.Run),
    new("duplicates", "precision and recall of what tells that two files are the same audio, over pairs of free music and its variants", DuplicatesCase.Run),
    new("generate", "the synthetic accessions alone, into the folder of --keep, and their shape", GenerateCase.Run),
    new("harvest", "N GB of releases in JSON from a packed dump to typed rows, against DuckDB's read_json_auto", HarvestCase.Run),
    new("hash", "SHA-256, BEP 52 tree and SHA-1 pieces in one pass, against openssl's limit", HashCase.Run),
    new("ledger", "N million jobs queued, claimed and ended, and the time to the first after a restart, in SQLite and in PostgreSQL", LedgerCase.Run),
    new("ingest", "real music to objects, against bare encoders and against separate tools; --scale takes a part of it", IngestCase.Run),
    new("match", "precision and recall of the matcher over N million labelled synthetic tracks, or a MusicBrainz dump", MatchCase.Run),
    new("press", "N million objects of a synthetic ledger to hybrid torrents, linted and on disk, against tools that read every byte", PressCase.Run),
    new("update", "the delta between two editions of N million synthetic tracks, and from the old catalogue to the new one with its search", UpdateCase.Run),
    new("search", "search by word, words, beginnings and ISRC over N million synthetic tracks, against bm25", SearchCase.Run),
    new("stragglers", "ten years of monthly editions: how many volumes there are, and how small", StragglersCase.Run),
];

const string Usage = "usage: ./bench CASE [--scale N] [--keep FOLDER] [--postgres-scale N] [--musicbrainz FOLDER] [--catalogue FOLDER] [--music FOLDER] [--memory MIB]";
if (args is [] or ["-h"] or ["--help"])
{
    Console.WriteLine(Usage);
    Console.WriteLine();
    foreach (var listed in cases)
        Console.WriteLine($"  {listed.Name,-12} {listed.Summary}");
    Console.WriteLine();
    Console.WriteLine("--scale N             N times as much data (1 unless said; 0.2 for match, 2 for harvest)");
    Console.WriteLine("--keep FOLDER         accessions are generated there, stay, and are used again by a run of the same size");
    Console.WriteLine("--postgres-scale N    catalogue: at most so many million tracks for PostgreSQL (1 unless said; 0 leaves it out)");
    Console.WriteLine("--musicbrainz FOLDER  match, harvest: a folder with MusicBrainz' JSON dumps instead of synthetic music");
    Console.WriteLine("--catalogue FOLDER    search: the catalogue in this folder, which is left as it is, instead of one made of synthetic music; ingest: the archive in this folder, whose ingest alone is measured");
    Console.WriteLine("--music FOLDER        duplicates: music in this folder instead of what is fetched from Debian's archive");
    Console.WriteLine("--memory MIB          catalogue: built with this limit, as by lacquer catalogue --memory, and then without, to the same bytes");
    Console.WriteLine("The last line printed is the figures as JSON.");
    return 0;
}

var chosen = Array.Find(cases, candidate => candidate.Name == args[0]);
if (chosen is null)
    return Complain($"no benchmark is called '{args[0]}'; there are: {string.Join(", ", cases.Select(known => known.Name))}");

var request = new BenchRequest(null, null, null, null, null, null, null);
for (var i = 1; i < args.Length; i += 2)
{
    var value = i + 1 < args.Length ? args[i + 1] : "";
    switch (args[i])
    {
        case "--scale" when Number(value) is > 0 and var scale: request = request with { Scale = scale }; break;
        case "--postgres-scale" when Number(value) is >= 0 and var scale: request = request with { PostgresScale = scale }; break;
        case "--memory" when Number(value) is > 0 and var mib: request = request with { MemoryBytes = (long)(mib * (1 << 20)) }; break;
        case "--keep" when value.Length > 0: request = request with { Keep = Path.GetFullPath(value) }; break;
        case "--musicbrainz" when Directory.Exists(value): request = request with { MusicBrainz = value }; break;
        case "--catalogue" when Directory.Exists(value): request = request with { Catalogue = Path.GetFullPath(value) }; break;
        case "--music" when Directory.Exists(value): request = request with { Music = Path.GetFullPath(value) }; break;
        case "--scale" or "--postgres-scale" or "--memory": return Complain($"'{args[i]} {value}' needs a number above zero");
        case "--musicbrainz" or "--catalogue" or "--music": return Complain($"'{value}' is not a folder");
        default: return Complain($"'{args[i]}' is not known; {Usage}");
    }
}

return chosen.Run(request);

static double? Number(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;

static int Complain(string message)
{
    Console.Error.WriteLine($"bench: {message}");
    return 2;
}
