using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lacquer.Tests.Studio;

/// <summary>A headless Chromium with one page, driven through the DevTools protocol.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly string _profile;
    private readonly ClientWebSocket _socket;
    private readonly CancellationTokenSource _closing = new();
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonNode>> _awaited = new();
    private readonly ConcurrentQueue<string> _complaints = new();
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly Task _listening;
    private TaskCompletionSource _loaded = new();
    private string? _session;
    private int _number;

    private Browser(Process process, string profile, ClientWebSocket socket)
    {
        _process = process;
        _profile = profile;
        _socket = socket;
        _listening = Task.Run(ListenAsync);
    }

    /// <summary>The program, or null where there is none.</summary>
    public static string? Program { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .SelectMany(folder => new[] { "chromium", "chromium-browser", "google-chrome" }.Select(name => Path.Combine(folder, name))).FirstOrDefault(File.Exists);

    /// <summary>Errors on the console, uncaught exceptions and failed requests since the start, in order.</summary>
    public IReadOnlyCollection<string> Complaints => _complaints;

    public static async Task<Browser> StartAsync(int width = 1280, int height = 900, bool dark = false)
    {
        var profile = Directory.CreateTempSubdirectory("lacquer-browser-").FullName;
        var start = new ProcessStartInfo(Program ?? throw new InvalidOperationException("no chromium"),
        [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--autoplay-policy=no-user-gesture-required", "--remote-debugging-port=0", $"--user-data-dir={profile}", $"--window-size={width},{height}", "about:blank",
        ])
        { RedirectStandardError = true, RedirectStandardOutput = true };
        // What it makes in the temporary folder stays there when it is killed.
        start.Environment["TMPDIR"] = profile;
        var process = Process.Start(start)!;
        // The pipes must be read, or a talkative browser stops at a full one.
        process.ErrorDataReceived += (_, _) => { };
        process.OutputDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        try
        {
            var portFile = Path.Combine(profile, "DevToolsActivePort");
            string[] lines = [];
            for (var began = Stopwatch.StartNew(); lines.Length < 2; await Task.Delay(50))
            {
                if (process.HasExited || began.Elapsed > Patience)
                    throw new InvalidOperationException("chromium did not start");
                lines = File.Exists(portFile) ? await File.ReadAllLinesAsync(portFile) : [];
            }

            var socket = new ClientWebSocket();
            await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{lines[0]}{lines[1]}"), CancellationToken.None);
            var browser = new Browser(process, profile, socket);
            var target = await browser.CallAsync("Target.createTarget", new { url = "about:blank" });
            var attached = await browser.CallAsync("Target.attachToTarget", new { targetId = (string)target["targetId"]!, flatten = true });
            browser._session = (string)attached["sessionId"]!;
            foreach (var domain in new[] { "Page", "Runtime", "Log" })
                await browser.CallAsync(domain + ".enable", new { });
            await browser.LookAsync(width, height, dark);
            return browser;
        }
        catch
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    /// <summary>Sets the window's size and the scheme the reader prefers.</summary>
    public async Task LookAsync(int width, int height, bool dark = false, double scale = 1)
    {
        await CallAsync("Emulation.setDeviceMetricsOverride", new { width, height, deviceScaleFactor = scale, mobile = false });
        await CallAsync("Emulation.setEmulatedMedia", new { features = new[] { new { name = "prefers-color-scheme", value = dark ? "dark" : "light" } } });
    }

    /// <summary>Opens an address and waits until it is loaded.</summary>
    public async Task NavigateAsync(Uri address)
    {
        _loaded = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await CallAsync("Page.navigate", new { url = address.AbsoluteUri });
        await _loaded.Task.WaitAsync(Patience);
    }

    /// <summary>The value of an expression, as JSON; a promise is awaited.</summary>
    public async Task<JsonNode?> EvaluateAsync(string expression)
    {
        var answer = await CallAsync("Runtime.evaluate", new { expression, returnByValue = true, awaitPromise = true });
        return answer["exceptionDetails"] is { } thrown ? throw new InvalidOperationException(thrown.ToJsonString()) : answer["result"]!["value"]?.DeepClone();
    }

    /// <summary>Waits until an expression is true.</summary>
    public async Task UntilAsync(string expression)
    {
        for (var began = Stopwatch.StartNew(); (await EvaluateAsync($"!!({expression})"))?.GetValue<bool>() != true; await Task.Delay(50))
            if (began.Elapsed > Patience)
                throw new TimeoutException($"never became true: {expression}; the page says: {await EvaluateAsync("document.body.innerText")}; complaints: {string.Join("; ", _complaints)}");
    }

    /// <summary>Types into what has the focus, as a keyboard does.</summary>
    public Task TypeAsync(string text) => CallAsync("Input.insertText", new { text });

    /// <summary>Presses and releases a key, named as <c>KeyboardEvent.key</c> names it.</summary>
    public async Task PressAsync(string key)
    {
        await CallAsync("Input.dispatchKeyEvent", new { type = "keyDown", key, code = key, windowsVirtualKeyCode = key switch { "ArrowDown" => 40, "ArrowUp" => 38, "Enter" => 13, "Escape" => 27, _ => 0 }, text = key == "Enter" ? "\r" : "" });
        await CallAsync("Input.dispatchKeyEvent", new { type = "keyUp", key, code = key });
    }

    /// <summary>Clicks with the mouse in the middle of the first element that a selector finds.</summary>
    public async Task ClickAsync(string selector)
    {
        var place = await EvaluateAsync($"(() => {{ const e = document.querySelector({JsonSerializer.Serialize(selector)}); e.scrollIntoView({{ block: 'center' }}); const b = e.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; }})()");
        foreach (var type in new[] { "mousePressed", "mouseReleased" })
            await CallAsync("Input.dispatchMouseEvent", new { type, x = place![0]!.GetValue<double>(), y = place[1]!.GetValue<double>(), button = "left", clickCount = 1 });
    }

    /// <summary>Writes what the window shows, or the page to its end, as PNG.</summary>
    public async Task ScreenshotAsync(string path, bool whole = false)
    {
        var answer = await CallAsync("Page.captureScreenshot", new { format = "png", captureBeyondViewport = whole });
        await File.WriteAllBytesAsync(path, Convert.FromBase64String((string)answer["data"]!));
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        _socket.Dispose();
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        await _listening;
        _process.Dispose();
        _closing.Dispose();
        _sending.Dispose();
        try
        {
            Directory.Delete(_profile, recursive: true);
        }
        catch (IOException)
        {
            // A child that is still going down writes into it; the system clears its temporary folder.
        }
    }

    private async Task<JsonNode> CallAsync(string method, object parameters)
    {
        var number = Interlocked.Increment(ref _number);
        var answer = _awaited[number] = new TaskCompletionSource<JsonNode>(TaskCreationOptions.RunContinuationsAsynchronously);
        var message = _session is null ? JsonSerializer.SerializeToUtf8Bytes(new { id = number, method, @params = parameters })
            : JsonSerializer.SerializeToUtf8Bytes(new { id = number, method, @params = parameters, sessionId = _session });
        await _sending.WaitAsync();
        try
        {
            await _socket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, _closing.Token);
        }
        finally
        {
            _sending.Release();
        }

        return await answer.Task.WaitAsync(Patience);
    }

    private async Task ListenAsync()
    {
        var buffer = new byte[64 << 10];
        using var whole = new MemoryStream();
        try
        {
            while (true)
            {
                var part = await _socket.ReceiveAsync(buffer.AsMemory(), _closing.Token);
                whole.Write(buffer, 0, part.Count);
                if (!part.EndOfMessage)
                    continue;
                Take(JsonNode.Parse(whole.ToArray())!);
                whole.SetLength(0);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or ObjectDisposedException)
        {
            foreach (var answer in _awaited.Values)
                answer.TrySetException(new InvalidOperationException("chromium has gone", e));
        }
    }

    private void Take(JsonNode message)
    {
        if (message["id"] is { } id)
        {
            if (_awaited.TryRemove((int)id, out var answer))
            {
                if (message["error"] is { } error)
                    answer.TrySetException(new InvalidOperationException(error.ToJsonString()));
                else
                    answer.TrySetResult(message["result"]!);
            }

            return;
        }

        var said = message["params"];
        switch ((string?)message["method"])
        {
            case "Page.loadEventFired":
                _loaded.TrySetResult();
                break;
            case "Runtime.exceptionThrown":
                _complaints.Enqueue(said!["exceptionDetails"]!.ToJsonString());
                break;
            case "Runtime.consoleAPICalled" when (string?)said!["type"] is "error" or "warning":
            case "Log.entryAdded" when (string?)said!["entry"]!["level"] is "error":
                _complaints.Enqueue(said.ToJsonString());
                break;
        }
    }
}
