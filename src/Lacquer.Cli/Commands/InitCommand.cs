using System.CommandLine;
using Lacquer.Stages.Founding;

namespace Lacquer.Cli.Commands;

/// <summary>Makes an archive.</summary>
internal sealed class InitCommand : Verb
{
    private readonly Option<string?> _name = new("--name") { Description = "Short name, which stands in the names of volumes: a-z, digits, hyphens. Otherwise from the folder's name.", HelpName = "NAME" };
    private readonly Option<string?> _title = new("--title") { Description = "What people call the archive.", HelpName = "TEXT" };
    private readonly Option<string?> _ledger = new("--ledger") { Description = "Address of an empty PostgreSQL database for the ledger, where several machines are to work on one archive: postgres://USER@HOST/DATABASE, the password in PGPASSWORD or ~/.pgpass.", HelpName = "ADDRESS" };

    private readonly Option<string?> _objects = ObjectsOption();
    private readonly Option<string?> _endpoint = EndpointOption();

    public InitCommand()
        : base("init", "Makes an archive: a commented lacquer.toml, an empty ledger and a signing key. Run again, it completes what is missing and changes nothing.",
            "lacquer init --archive /srv/music --title \"Music of the valley\"", "lacquer init --objects s3://music/valley --s3-endpoint https://s3.example.org")
        => Take(_name, _title, _ledger, _objects, _endpoint);

    /// <summary>Where a new archive's objects lie.</summary>
    public static Option<string?> ObjectsOption() => new("--objects") { Description = "Of a new archive: the bucket that its audio goes to, s3://BUCKET or s3://BUCKET/PREFIX; otherwise its folder.", HelpName = "PLACE" };

    /// <summary>Which store the bucket is in.</summary>
    public static Option<string?> EndpointOption() => new("--s3-endpoint") { Description = "The address of the bucket's store; otherwise Amazon's.", HelpName = "URL" };

    public override Task<int> RunAsync(ParseResult line, Terminal terminal, CancellationToken stop)
    {
        var report = NewArchive.Run(new NewArchiveRequest(Archive(line, terminal), line.GetValue(_name), line.GetValue(_title), line.GetValue(_ledger), line.GetValue(_objects), line.GetValue(_endpoint)));
        Print(line, terminal, report, () =>
        {
            terminal.Print($"{(report.IsNew ? "made" : "there already:")} archive {report.Name} in {report.Archive}");
            terminal.Print($"public key {report.PublicKey}");
            terminal.Hint("lacquer harvest folder DIR takes in what a folder of music says of itself; what may be kept and published stands in lacquer.toml");
        });
        return Task.FromResult(ExitCode.Done);
    }
}
