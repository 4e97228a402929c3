using System.Security.Cryptography;
using System.Text;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Stages.Cataloguing;
using Lacquer.Stages.Founding;
using Lacquer.Stages.Workbench;
using Microsoft.Data.Sqlite;

namespace Lacquer.Tests.Studio;

/// <summary>An archive whose accessions are lines that a test gives, good or bad.</summary>
internal sealed class LineArchive : IDisposable
{
    private readonly Scratch _scratch = new();

    public LineArchive()
    {
        NewArchive.Run(new NewArchiveRequest(_scratch["archive"], "lines"));
        Layout = new ArchiveLayout(_scratch["archive"]);
    }

    public string Folder => Layout.Root;

    public ArchiveLayout Layout { get; }

    /// <summary>Seals an accession of these lines, and gives its path.</summary>
    public string Add(string source, string adapter, params IEnumerable<byte[]> lines) => Add(Layout, source, adapter, lines);

    /// <summary>The same, in any archive.</summary>
    public static string Add(ArchiveLayout layout, string source, string adapter, params IEnumerable<byte[]> lines)
    {
        using var ledger = Ledger.Open(layout.Ledger, TimeProvider.System, "test");
        var number = ledger.Accessions().Count + 1;
        var path = layout.Accession(source, number);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        long records;
        using (var writer = AccessionWriter.Open(path, new AccessionHeader(number, source, adapter)))
        {
            foreach (var line in lines)
                writer.Add(line);
            writer.Finish();
            records = writer.Records;
        }

        ledger.AddAccession(new AccessionRow(number, source, adapter, "a test", records, new FileInfo(path).Length, new Sha256Digest(SHA256.HashData(File.ReadAllBytes(path)))), []);
        return path;
    }

    public string Add(string source, string adapter, params IEnumerable<string> lines) => Add(source, adapter, lines.Select(Encoding.UTF8.GetBytes));

    public CatalogueReport Build(IProgress<StageProgress>? progress = null, long? memory = null, CancellationToken stop = default) =>
        CatalogueBuild.Run(new CatalogueRequest(Folder, memory), TimeProvider.System, progress ?? new Heard(), stop);

    /// <summary>Rows of the newest catalogue.</summary>
    public List<object[]> Ask(string sql)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Path.Combine(Layout.NewestCatalogue()!, CatalogueReader.CatalogueFileName), Pooling = false, Mode = SqliteOpenMode.ReadOnly }.ToString());
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var row = command.ExecuteReader();
        var rows = new List<object[]>();
        while (row.Read())
        {
            var values = new object[row.FieldCount];
            row.GetValues(values);
            rows.Add(values);
        }

        return rows;
    }

    public long Number(string sql) => Convert.ToInt64(Ask(sql)[0][0], System.Globalization.CultureInfo.InvariantCulture);

    public void Dispose() => _scratch.Dispose();

    /// <summary>Hears what a build reports.</summary>
    internal sealed class Heard(Action<StageProgress>? each = null) : IProgress<StageProgress>
    {
        public List<string> Stages { get; } = [];

        public void Report(StageProgress value)
        {
            lock (Stages)
                if (Stages.Count == 0 || Stages[^1] != value.What)
                    Stages.Add(value.What);
            each?.Invoke(value);
        }
    }
}
