using System.Globalization;
using Lacquer.Benchmarks;

BenchCase[] cases =
[
    new("catalogue", "from an accession of N million synthetic tracks to a searchable catalogue", CatalogueCase.Run),
    new("hash", "SHA-256, BEP 52 tree and SHA-1 pieces in one pass, against openssl's limit", HashCase.Run),
    new("search", "search by word, words, beginnings and ISRC over a million synthetic recordings, against bm25", SearchCase.Run),
];

if (args is [] or ["-h"] or ["--help"])
{
    Console.WriteLine("usage: ./bench CASE [--scale N]");
    Console.WriteLine();
    foreach (var listed in cases)
        Console.WriteLine($"  {listed.Name,-12} {listed.Summary}");
    Console.WriteLine();
    Console.WriteLine("--scale N takes N times as much data (1 unless said). The last line printed is the figures as JSON.");
    return 0;
}

var chosen = Array.Find(cases, candidate => candidate.Name == args[0]);
if (chosen is null)
    return Complain($"no benchmark is called '{args[0]}'; there are: {string.Join(", ", cases.Select(known => known.Name))}");

var scale = 1.0;
switch (args[1..])
{
    case []:
        break;
    case ["--scale", var text] when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out scale) && scale > 0 && double.IsFinite(scale):
        break;
    default:
        return Complain($"'{string.Join(' ', args[1..])}' is not --scale and a number above zero");
}

return chosen.Run(scale);

static int Complain(string message)
{
    Console.Error.WriteLine($"bench: {message}");
    return 2;
}
